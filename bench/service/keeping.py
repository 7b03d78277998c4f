"""A seeded hub kept on disk, so that a large size is loaded once and measured often.

Imports the application, so Django is set up before this module is.
"""

import json
from pathlib import Path

import numpy as np

from apps.accounts.models import User
from apps.memories.models import Memory
from bench import scratch
from bench.service import company
from bench.service.company import Asker, Company
from bench.service.material import Material
from bench.service.progress import say

_NOTE, _KEYS = "company.json", "keys.npy"


def seeded(folder: Path, material: Material) -> Company:
    """The company that `folder` keeps; founded and noted there if it keeps none.

    Args:
        folder: of the services; what it keeps was made of the same material.
        material: its writer is taken past what earlier measurements wrote.
    """
    if not (folder / _NOTE).exists():
        return _founded(folder, material)
    kept = json.loads((folder / _NOTE).read_text())
    keys = np.load(folder / _KEYS).tolist()
    say(f"{len(keys):,} memories are there already")
    material.writer.notes(max(Memory.objects.count() - len(keys), 0))
    groups = company.spread(len(keys))
    agents = User.objects.in_bulk([asker["agent"] for asker in kept["askers"].values()])
    askers = {
        name: Asker(name, asker["token"], agents[asker["agent"]], company.rows_of(name, groups))
        for name, asker in kept["askers"].items()
    }
    return Company(askers, askers.pop("writer"), keys, kept["seconds"])


def _founded(folder: Path, material: Material) -> Company:
    founded = company.found(material.notes, material.vectors)
    np.save(folder / _KEYS, np.array(founded.keys))
    askers = {**founded.askers, "writer": founded.writer}
    known = {
        name: {"token": asker.token, "agent": asker.agent.pk} for name, asker in askers.items()
    }
    scratch.write(folder / _NOTE, {"askers": known, "seconds": founded.seconds})
    return founded
