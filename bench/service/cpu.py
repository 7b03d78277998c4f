"""CPU time of process trees: what a figure costs however busy the machine is."""

from collections.abc import Callable

import psutil


def seconds(pid: int) -> float:
    """User and system time of a process and all its descendants, ended ones that it reaped too."""
    parent = psutil.Process(pid)
    total = 0.0
    for each in [parent, *parent.children(recursive=True)]:
        try:
            spent = each.cpu_times()
        except psutil.NoSuchProcess:
            continue  # ended meanwhile: its parent has it
        total += spent.user + spent.system + spent.children_user + spent.children_system
    return total


def meter(**pids: int) -> Callable[[int], dict[str, float]]:
    """Start measuring; call it with a number of requests for milliseconds of each, by name."""
    before = {name: seconds(pid) for name, pid in pids.items()}

    def read(requests: int) -> dict[str, float]:
        return {
            f"{name}_ms": round(1000 * (seconds(pid) - before[name]) / requests, 2)
            for name, pid in pids.items()
        }

    return read


def megabytes(pid: int) -> int:
    """Resident memory of a process and its descendants; what they share counts once for each."""
    parent = psutil.Process(pid)
    every = [parent, *parent.children(recursive=True)]
    return round(sum(int(each.memory_info().rss) for each in every) / 2**20)
