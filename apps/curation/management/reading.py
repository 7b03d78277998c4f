"""What `manage.py promotion` is given: runs, values, files."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

from apps.curation.models import CurationRun

_YES, _NO = {"yes", "true", "1"}, {"no", "false", "0"}


def run(wanted: str) -> CurationRun:
    """By public id.

    Raises:
        ValueError: there is no such run.
    """
    try:
        public_id = UUID(wanted)
    except ValueError:
        raise ValueError(f"--run takes the id of a run, not {wanted!r}.") from None
    found = CurationRun.objects.select_related("organisation").filter(public_id=public_id).first()
    if found is None:
        raise ValueError(f"There is no run {wanted}.")
    return found


def assignments(given: Iterable[str]) -> dict[str, Any]:
    """Policy values from NAME=VALUE; numbers, true, false and words.

    Raises:
        ValueError: one has no name or no value.
    """
    values = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not (name and sign and value):
            raise ValueError(f"--set takes NAME=VALUE, not {text!r}.")
        try:
            values[name] = json.loads(value)
        except ValueError:
            values[name] = value
    return values


def policy_file(path: Path) -> dict[str, Any]:
    """Policy values from a JSON object.

    Raises:
        ValueError: it holds something else.
        OSError: it cannot be read.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is no JSON: {error}.") from error
    if not isinstance(values, dict):
        raise ValueError(  # noqa: TRY004  # a wrong file, not a wrong call
            f"{path} must hold a JSON object."
        )
    return values


def labels_file(path: Path) -> dict[str, bool]:
    """Whether a cluster is worth sharing, by its public id, from CSV or JSON.

    Raises:
        ValueError: a line without an id or a yes or no; names the line.
        OSError: it cannot be read.
    """
    if path.suffix.lower() == ".json":
        return {
            _cluster(name, path): _worthy(str(value), f"{path}, {name}")
            for name, value in policy_file(path).items()
        }
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        if not {"cluster", "worthy"} <= set(rows.fieldnames or ()):
            raise ValueError(f"{path} needs the columns cluster and worthy.")
        return {
            _cluster(row["cluster"], f"{path}, line {number}"): _worthy(
                row["worthy"], f"{path}, line {number}"
            )
            for number, row in enumerate(rows, start=2)
        }


def _cluster(text: str | None, where: Path | str) -> str:
    try:
        return str(UUID(text or ""))
    except ValueError:
        raise ValueError(f"{where}: {text!r} is no cluster's id.") from None


def _worthy(text: str | None, where: str) -> bool:
    word = (text or "").strip().lower()
    if word not in _YES | _NO:
        raise ValueError(f"{where}: worthy must be yes or no, not {text!r}.")
    return word in _YES
