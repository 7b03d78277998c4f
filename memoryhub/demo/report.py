"""What a person wants to see afterwards: counts, what went where and why, and an answer."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from apps.curation.models import Decision
from memoryhub.demo.cast import Cast
from memoryhub.demo.folder import Folder
from memoryhub.demo.play import Answer, Performance, changed
from memoryhub.demo.standing import Stood

_HELD_EXAMPLES = 2
_ROWS = 12
_TRAILERS = ("Document", "Source", "Approved-by", "Signed-off-by")


def show(console: Console, folder: Folder, cast: Cast, performance: Performance) -> None:
    """Print the report."""
    _counts(console, folder, cast, performance)
    _candidates(console, "Published by what its outcomes proved", performance.published)
    approved = {found["id"] for found in performance.approved}
    waiting = [found for found in performance.requests if found["id"] not in approved]
    _candidates(console, "Put before the reviewer and approved", performance.approved)
    _candidates(console, "Still waiting for a reviewer", waiting)
    _held(console, cast)
    _answers(console, folder, cast, performance)
    _standing(console, performance.stood)
    _second_run(console, performance)
    if cast.password:
        _look_around(console, cast, len(waiting))


def as_json(cast: Cast, performance: Performance) -> dict[str, Any]:
    """The same, for a machine."""
    return {
        "organisation": cast.organisation.name,
        "written": performance.written,
        "repeated": performance.repeated,
        "outcomes": performance.outcomes,
        "runs": [run["counts"] for run in performance.runs],
        "published": performance.published,
        "requests": performance.requests,
        "approved": performance.approved,
        "canon": _stood(performance.stood),
        "answers": [
            {
                "asker": new.question.asker,
                "question": new.question.text,
                "before": [found["text"] for found in old.shared],
                "after": [found["text"] for found in new.shared],
                "contributors": new.contributors,
            }
            for old, new in zip(performance.before, performance.after, strict=True)
        ],
    }


def _counts(console: Console, folder: Folder, cast: Cast, performance: Performance) -> None:
    run = performance.runs[0]["counts"]
    console.rule(f"[bold]{escape(cast.organisation.name)}")
    console.print(
        f"{len(folder.people)} people in {len(folder.teams)} teams, {len(folder.agents)} agents; "
        f"{performance.written} memories written, {performance.repeated} said again, "
        f"{performance.outcomes} outcomes reported."
    )
    screened = ", ".join(f"{count} {kind}" for kind, count in run["screened"].items()) or "nothing"
    console.print(
        f"The nightly job read {run['memories']} of them (preferences and private notes stay out), "
        f"kept back {screened}, and found {run['clusters']} different facts.\n"
    )


def _candidates(console: Console, title: str, rows: Sequence[dict[str, Any]]) -> None:
    table = Table(title=f"{title} ({len(rows)})", title_justify="left", expand=True)
    for name, width in (("What", 6), ("For", 2), ("People", 1), ("Why", 3)):
        table.add_column(name, ratio=width)
    for found in rows[:_ROWS]:
        table.add_row(
            escape(_short(found["text"])), escape(found["target_name"]), _people(found), _why(found)
        )
    if len(rows) > _ROWS:
        table.add_row(f"… and {len(rows) - _ROWS} more", "", "", "")
    if rows:
        console.print(table)


def _people(found: dict[str, Any]) -> str:
    members = found["members"]
    people = {member["person"]["id"] for member in members}
    return f"{len(people)} in {len(members)} notes" if len(members) > 1 else f"{len(people)}"


def _why(found: dict[str, Any]) -> str:
    reasons = ", ".join(found["decision"]["reasons"])
    outcome = found["decision"]["signals"]["cluster_outcome"]
    if outcome["total"]:
        people = _counted_people(outcome["reporters"])
        reasons += f" ({outcome['successes']}/{outcome['total']} good, {people})"
    return reasons


def _counted_people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"


def _held(console: Console, cast: Cast) -> None:
    """Held facts by reason, with examples. Read from the database: nobody's API shows these."""
    newest = (
        Decision.objects.filter(cluster__organisation=cast.organisation)
        .order_by("cluster_id", "-id")
        .distinct("cluster_id")
        .select_related("cluster__canonical")
    )
    held = [decision for decision in newest if decision.verdict == "hold"]
    reasons = Counter(", ".join(decision.reasons) for decision in held)
    table = Table(title=f"Held ({len(held)})", title_justify="left", expand=True)
    for name, width in (("Why", 4), ("Facts", 1), ("For example", 8)):
        table.add_column(name, ratio=width)
    for reason, count in reasons.most_common():
        examples = [d for d in held if ", ".join(d.reasons) == reason][:_HELD_EXAMPLES]
        texts = "\n".join(escape(_short(d.cluster.canonical.text, 90)) for d in examples)
        table.add_row(reason, str(count), texts)
    console.print(table)


def _answers(console: Console, folder: Folder, cast: Cast, performance: Performance) -> None:
    pairs = changed(performance.before, performance.after)
    if not pairs:
        console.print("\nNo question has a new answer this time.")
        return
    before, after = pairs[0]
    asker = next(p for p in folder.people if p["id"] == after.question.asker)
    team = cast.team_of.get(after.question.asker, "no team")
    console.rule("[bold]One question, before and after")
    console.print(
        f"The agent of {escape(asker['name'])} ({escape(team)}) asks: "
        f"[bold]{escape(after.question.text)}"
    )
    console.print(f"  before: {_best(before)}\n  after:  {_best(after)}")
    console.print(f"  learned from {', '.join(escape(name) for name in after.contributors)}")
    console.print(f"({len(pairs)} of {len(performance.after)} questions have a new shared answer.)")


def _best(answer: Answer) -> str:
    return escape(_short(answer.shared[0]["text"], 200)) if answer.shared else "nothing shared"


def _standing(console: Console, stood: Stood | None) -> None:
    """The document, what git and the tools say of it, and what the graph answers."""
    if stood is None:
        console.print("\nNo promoted fact names anything that could become canon.")
        return
    document, about = stood.document, stood.about
    console.rule("[bold]What the organisation stands by")
    verb = "became canon" if stood.fresh else "is canon"
    head = f"{document['path']}, revision {document['head']['number']}"
    console.print(f"  {verb}: [bold]{escape(head)}[/]  {escape(_short(stood.text))}")
    lines = [line for line in stood.commit.splitlines() if line.startswith(_TRAILERS)]
    for line in lines:
        console.print(f"  git: {escape(line)}", soft_wrap=True)
    console.print(f"  AGENTS.md: {len(stood.agents_md.encode()):,} bytes for every coding agent")
    day = datetime.fromisoformat(stood.known.as_of)
    console.print(f"  [bold]What do we know about {escape(stood.known.name)} as of {day:%B %Y}?")
    for row in about:
        for section in row.get("canon", []):
            cited = f"{section['path']}, revision {section['revision']}"
            console.print(f"    canon   {escape(_short(section['text']))} ({escape(cited)})")
        for edge in row["relations"]:
            told = f"{edge['subject']['name']} {edge['type']} {edge['object']['name']}"
            console.print(f"    related {escape(told)}")
        for memory in row["memories"]:
            console.print(f"    memory  {escape(_short(memory['text']))}")


def _stood(stood: Stood | None) -> dict[str, Any] | None:
    if stood is None:
        return None
    told = asdict(stood)
    known = told.pop("known")
    return {**told, **known}


def _second_run(console: Console, performance: Performance) -> None:
    new = performance.runs[-1]["counts"]["new"]
    console.rule("[bold]The next night")
    console.print(
        f"A second run on unchanged data: {new['published']} published, {new['requests']} requests."
    )


def _look_around(console: Console, cast: Cast, waiting: int) -> None:
    """How to see it at the desk: the hub of the demo is stopped by now, its data stay."""
    console.rule("[bold]Look around")
    console.print(f"Requests that wait for you at the desk: {waiting}. The same hub again:")
    lines = (
        f"  MEMORYHUB_VAR={_place(settings.VAR_DIR)} make run",
        f"  sign in as {cast.chief}   password {cast.password}",
    )
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


def _place(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _short(text: str, limit: int = 140) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else f"{flat[: limit - 1]}…"
