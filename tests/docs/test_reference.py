"""What the reference pages list is what the code has."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest
from django.urls import get_resolver

from apps.consolidation.core.policy import DEFAULT as ARCHIVIST
from apps.consolidation.core.policy import PROMPTS
from apps.curation.core.policy import DEFAULT
from apps.kernel.errors import Error

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
_ROW = re.compile(r"^\| `([^`]+)` \| (.*?) \|", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def rows(page: str) -> dict[str, str]:
    """First cell -> second cell, for rows that begin with code."""
    found = _ROW.findall((DOCS / "reference" / page).read_text())
    assert len(found) == len({name for name, _ in found}), "a name is listed twice"
    return dict(found)


def environment_names() -> Iterator[str]:
    """Names that memoryhub/settings.py reads: the first argument of every `env.type(...)`."""
    for node in ast.walk(ast.parse((ROOT / "memoryhub" / "settings.py").read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner, arguments = node.func.value, node.args
            if isinstance(owner, ast.Name) and owner.id == "env" and arguments:
                assert isinstance(arguments[0], ast.Constant)
                yield str(arguments[0].value)


def errors(of: type[Error] = Error) -> Iterator[type[Error]]:
    for kind in of.__subclasses__():
        yield kind
        yield from errors(kind)


def test_every_setting_is_listed_and_nothing_else():
    names = set(environment_names())
    assert len(names) > 15
    assert rows("settings.md").keys() == names


def test_every_policy_value_is_listed_with_its_default():
    wanted = {field.name: str(getattr(DEFAULT, field.name)).lower() for field in fields(DEFAULT)}
    told = {name: cell.strip("`") for name, cell in rows("policy.md").items()}
    assert told == wanted


def test_every_archivist_value_is_listed_with_its_default():
    told = {name: cell.strip("`") for name, cell in rows("archivist-policy.md").items()}
    plain = {**ARCHIVIST.values(), "protected_kinds": ", ".join(ARCHIVIST.protected_kinds)}
    wanted = {name: str(value).lower() for name, value in plain.items()}
    assert told == {name: "its own text" if name in PROMPTS else v for name, v in wanted.items()}


def test_every_error_code_is_listed_with_its_status():
    assert get_resolver().url_patterns, "every room is loaded"
    import_module("apps.canon.services.wire")  # what pushes to remotes comes with the first push
    served = {kind.code: str(kind.status) for kind in errors()}
    assert rows("errors.md") == served


@pytest.mark.parametrize(
    "source",
    [*sorted(DOCS.rglob("*.md")), *(ROOT / name for name in ("README.md", "AGENTS.md"))],
    ids=lambda source: str(source.relative_to(ROOT)),
)
def test_links_between_pages_lead_somewhere(source: Path):
    targets = [link for link in _LINK.findall(source.read_text()) if "://" not in link]
    assert [link for link in targets if not (source.parent / link).exists()] == []
