"""The figures as Markdown and as a chart."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.bars import Bar, chart

Figures = Mapping[str, Any]


def markdown(figures: Figures) -> str:
    """Tables of all sizes, one below the other."""
    machine = figures["machine"]
    lines = [f"{machine['cores']} cores, {machine['processor']}, PostgreSQL {machine['postgres']}"]
    for size in figures["sizes"].values():
        lines += ["", *_size(size)]
    return "\n".join(lines) + "\n"


def svg(figures: Figures) -> str:
    """Recall and write times of the service and its peers, for every size."""
    bars = []
    for size in figures["sizes"].values():
        rows = f"{size['rows']:,}"
        for clients in ("clients_1", "clients_8"):
            found = size["recall"]["50%"][clients]
            name = f"{rows}: recall, {clients.removeprefix('clients_')} at a time"
            bars.append(Bar(name, found["p50"], found["p95"]))
        bars += [
            Bar(f"{rows}: {peer['label']}, search", found["p50"], found["p95"], own=False)
            for peer in size["peers"].values()
            if (found := peer.get("search", {}).get("big"))
        ]
        found = size["write"]["clients_1"]
        bars.append(Bar(f"{rows}: write", found["p50"], found["p95"]))
        bars += [
            Bar(f"{rows}: {peer['label']}, write", found["p50"], found["p95"], own=False)
            for peer in size["peers"].values()
            if (found := peer.get("write"))
        ]
    return chart(title="Milliseconds, p50 and p95", bars=bars)


def _size(size: Figures) -> Iterator[str]:
    load = size["load_average"]
    yield f"### {size['rows']:,} memories"
    yield ""
    yield f"Load average of a minute before {load['before'][0]}, after {load['after'][0]}."
    yield "By itself takes this machine: " + ", ".join(
        f"{said} {size['raw'][name]} ms" for name, said in _RAW.items()
    )
    yield ""
    yield from table(
        (
            "ms",
            "clients",
            "p50",
            "p95",
            "p99",
            "per second",
            "same SQL p50",
            "service / SQL",
            "CPU of web",
            "CPU of PostgreSQL",
        ),
        [*_recalls(size), *_writes(size)],
    )
    yield ""
    bulk = [
        (clients.removeprefix("clients_"), *(each[name] for name in BULK))
        for clients, each in size["bulk"].items()
    ]
    yield from table(("bulk, clients", *(name.replace("_", " ") for name in BULK)), bulk)
    yield ""
    accuracy = [
        (name, each["rows"], each["recall_at_10"]) for name, each in size["accuracy"].items()
    ]
    yield from table(("asker of", "memories", "recall@10 against exact"), accuracy)
    if size["peers"]:
        yield ""
        yield from table(_PEER, [_own(size), *_peers(size["peers"])])


_RAW = {
    "select": "a round trip to PostgreSQL", "commit": "a row on the disk",
    "encode": "a question as a vector", "http": "a request without a database",
}  # fmt: skip
BULK = (
    "rows", "per_second_acknowledged", "per_second_embedded", "web_ms", "worker_ms", "postgres_ms",
)  # fmt: skip
_PEER = (
    "ms", "write p50 / p95", "search, big user p50 / p95", "recall@10",
    "search, small user p50 / p95", "recall@10",
)  # fmt: skip


def _recalls(size: Figures) -> Iterator[Sequence[Any]]:
    for name, by_clients in size["recall"].items():
        for clients, each in by_clients.items():
            same = size["sql"][name] if clients == "clients_1" else {}
            yield (
                f"recall, asker of {name}", clients.removeprefix("clients_"), *_times(each),
                same.get("p50", ""), same.get("ratio", ""), *_cpu(each),
            )  # fmt: skip


def _writes(size: Figures) -> Iterator[Sequence[Any]]:
    for clients, each in size["write"].items():
        yield "write", clients.removeprefix("clients_"), *_times(each), "", "", *_cpu(each)


def _cpu(each: Figures) -> tuple[Any, ...]:
    return each.get("web_ms", ""), each.get("postgres_ms", "")


def _times(each: Figures) -> tuple[Any, ...]:
    return each["p50"], each["p95"], each["p99"], each["per_second"]


def _own(size: Figures) -> Sequence[Any]:
    big, small = size["recall"]["50%"]["clients_1"], size["recall"]["0.5%"]["clients_1"]
    return (
        "MemoryHub, over HTTP, embedding included", _pair(size["write"]["clients_1"]), _pair(big),
        size["accuracy"]["50%"]["recall_at_10"], _pair(small),
        size["accuracy"]["0.5%"]["recall_at_10"],
    )  # fmt: skip


def _peers(peers: Figures) -> Iterator[Sequence[Any]]:
    for peer in peers.values():
        if "error" in peer:
            yield peer["label"], peer["error"], "", "", "", ""
            continue
        big, small = peer["search"]["big"], peer["search"]["small"]
        yield (
            peer["label"], _pair(peer["write"]), _pair(big), big["recall_at_10"], _pair(small),
            small["recall_at_10"],
        )  # fmt: skip


def _pair(each: Figures) -> str:
    return f"{each['p50']} / {each['p95']}"


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|---" * len(head) + "|"
    for row in rows:
        yield "| " + " | ".join(str(cell).replace("|", "/") for cell in row) + " |"
