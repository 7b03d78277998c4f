"""Files for tools: stable, within a budget, and honest about what is not in them."""

import random

import pytest
import yaml
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.actors import of_user
from apps.canon.core import exporting
from apps.canon.core.exporting import FORMATS, Item
from apps.canon.services import exports
from apps.canon.services.exports import Wanted
from tests.canon.conftest import text


def item(path: str, body: str = "Words.", **fields: object) -> Item:
    values = {"title": path, "description": "", "tags": (), "globs": (), "sha256": "0" * 64}
    content = f"---\ntitle: x\n---\n\n{body}\n"
    return Item(path=path, content=content, **{**values, **fields})  # type: ignore[arg-type]


ITEMS = [item("b/two.md", "# A\n\n```\n# code\n```"), item("a.md"), item("B/Three.md"),
         item("手順.md", globs=("src/**",), description="Steps: how?")]  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
def test_the_order_given_does_not_matter(form):
    shuffled = list(ITEMS)
    random.Random(7).shuffle(shuffled)
    assert exporting.export(shuffled, form=form) == exporting.export(ITEMS, form=form)
    assert exporting.export([], form=form).files == ()


@pytest.mark.parametrize(
    ("form", "paths"),
    [
        ("agents", ["AGENTS.md"]),
        ("claude", ["CLAUDE.md"]),
        ("copilot", [".github/copilot-instructions.md"]),
        ("markdown", ["B/Three.md", "a.md", "b/two.md", "手順.md"]),
    ],
)
def test_where_tools_look(form, paths):
    assert [each.path for each in exporting.export(ITEMS, form=form).files] == paths


def test_headings_stay_below_their_document_and_code_is_left_alone():
    [agents] = exporting.export(ITEMS, form="agents").files
    assert "\n### A\n" in agents.content
    assert "\n# code\n" in agents.content
    assert agents.content.count("\n## ") == 4


@pytest.mark.parametrize(("form", "ends"), [("cursor", ".mdc"), ("skills", "/SKILL.md")])
def test_front_matter_that_tools_read(form, ends):
    files = exporting.export(ITEMS, form=form).files
    assert len({each.path.casefold() for each in files}) == 4
    for each in files:
        assert each.path.endswith(ends)
        assert each.path.isascii()
        matter = yaml.safe_load(each.content.split("---\n")[1])
        assert matter["description"]
        if form == "skills":
            assert each.path == f"skills/{matter['name']}/SKILL.md"
            assert len(matter["name"]) <= 64
        else:
            assert matter["alwaysApply"] is False


@given(
    st.lists(st.integers(0, 300), max_size=8),
    st.integers(1, 1500),
    st.sampled_from(FORMATS),
)
def test_a_budget_is_kept_and_nothing_is_lost(sizes, budget, form):
    items = [item(f"d{number}.md", "x" * size) for number, size in enumerate(sizes)]
    found = exporting.export(items, form=form, budget=budget)
    assert found.bytes <= budget
    named = [*found.included, *(each.path for each in found.left_out)]
    assert sorted(named) == sorted(each.path for each in items)
    whole = exporting.export(items, form=form)
    assert whole.left_out == ()
    assert exporting.export(items, form=form, budget=max(1, whole.bytes)) == whole


def test_who_reads_what(world, publish, tmp_path, capsys):
    publish("team.md", "---\ntitle: Team\ntags: [sla]\n---\n\nOurs.\n")
    publish("past.md", "---\ntitle: Past\neffective_to: 2020-01-01\n---\n\nGone.\n")
    publish("gone.md", text("Gone"))
    publish("gone.md", retire=True)
    found = exports.export(wanted=Wanted("agents"), actor=of_user(world.bob))
    assert found.included == ("team.md",)
    assert exports.export(wanted=Wanted("agents"), actor=of_user(world.dora)).included == ()
    for wanted, count in (
        (Wanted("agents", tags=["sla"]), 1), (Wanted("agents", tags=["x"]), 0),
        (Wanted("agents", path="team.md"), 1), (Wanted("agents", path="tea"), 0),
        (Wanted("agents", spaces=[world.root.public_id]), 0),
    ):  # fmt: skip
        assert len(exports.export(wanted=wanted, actor=of_user(world.bob)).included) == count
    call_command("canon", "export", "--tool", "skills", "--to", str(tmp_path / "out"))
    assert "1 files" in capsys.readouterr().out
    assert (tmp_path / "out/skills/team/SKILL.md").exists()
    call_command("canon", "export", "--budget", "10", "--to", str(tmp_path / "none"))
    assert "left out: team.md" in capsys.readouterr().err
