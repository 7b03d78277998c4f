"""The measured inputs of a decision as rows with bars. Pure: plain values in, rows out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from apps.curation.core.policy import DEFAULT
from apps.curation.core.signals import OutcomeTally
from apps.curation.services.exhibits import Exhibit
from apps.desk.words import ALIKE


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal as a reviewer reads it.

    Attributes:
        label: what was measured.
        value: the figure in words; "absent" when nothing was measured, which is not zero.
        share: length of the bar in [0, 1]; None without a bar.
        threshold: where the policy draws the line on the same scale; None without one.
        note: what the figure means or lacks.
    """

    label: str
    value: str
    share: float | None = None
    threshold: float | None = None
    note: str = ""

    @property
    def absent(self) -> bool:
        """Nothing was measured."""
        return self.share is None

    @property
    def strong(self) -> bool:
        """The bar passes the policy's line."""
        return self.share is not None and self.threshold is not None and self.share > self.threshold


@dataclass(frozen=True, slots=True)
class Moment:
    """A note on the strip of time.

    Attributes:
        at: where on the strip, in [0, 100].
        when: of the note.
        independent: whether its person speaks for themselves.
    """

    at: float
    when: datetime
    independent: bool


def spread_of(members: Sequence[Exhibit]) -> str:
    """How widely it is known, in words: "5 people in 3 teams, over 4 weeks"; "" without notes."""
    if not members:
        return ""
    moments = [member.occurred_at for member in members]
    people = len({member.person.pk for member in members})
    teams = len({member.home for member in members if member.home is not None})
    told = _counted(people, "person", "people")
    if teams:
        told += f" in {_counted(teams, 'team', 'teams')}"
    return f"{told}, {_over((max(moments) - min(moments)).days)}"


def moments_of(members: Sequence[Exhibit]) -> list[Moment]:
    """The notes on a strip of time, the first at its beginning and the last at its end.

    Nothing for notes of one day: a strip would tell of minutes.
    """
    if not members:
        return []
    first = min(member.occurred_at for member in members)
    whole = (max(member.occurred_at for member in members) - first).total_seconds()
    if whole < timedelta(days=1).total_seconds():
        return []
    return [
        Moment(
            at=100 * (member.occurred_at - first).total_seconds() / whole,
            when=member.occurred_at,
            independent=member.independent,
        )
        for member in sorted(members, key=lambda member: member.occurred_at)
    ]


def _over(days: int) -> str:
    if days < 1:
        return "within a day"
    if days < 14:
        return f"over {_counted(days, 'day', 'days')}"
    return f"over {days // 7} weeks" if days < 70 else f"over {days // 30} months"


def signals_of(inputs: Mapping[str, Any]) -> list[Signal]:
    """Rows of a decision's stored `inputs`; rows of an older engine may lack some of them."""
    return list(
        _rows(inputs.get("signals", {}), DEFAULT.values() | inputs.get("policy", {}), inputs)
    )


def _rows(
    signals: Mapping[str, Any], policy: Mapping[str, Any], inputs: Mapping[str, Any]
) -> Iterator[Signal]:
    yield _people(signals, policy, inputs)
    yield _outcomes("Outcomes of this text", signals.get("outcome"), policy)
    yield _outcomes("Outcomes of every note in the group", signals.get("cluster_outcome"), policy)
    yield _alike(inputs.get("grouping", {}), policy)
    yield _rated(
        "How unusual this agreement is",
        signals.get("frequency"),
        policy["frequency_threshold"],
        "There was nothing to compare it with.",
    )
    yield _opinion(signals.get("self_eval"), inputs.get("self_eval"), policy)


def _people(
    signals: Mapping[str, Any], policy: Mapping[str, Any], inputs: Mapping[str, Any]
) -> Signal:
    independent = signals.get("likely_people", 0)
    everyone = max(inputs.get("people", independent), independent)
    needed = policy["min_independent_people"]
    return Signal(
        "Independent people",
        f"{independent} of {_counted(everyone, 'person', 'people')}",
        share=independent / everyone if everyone else 0.0,
        note=f"Who passes on somebody else's message is not counted. The policy asks for {needed}.",
    )


def _outcomes(label: str, stored: Mapping[str, int] | None, policy: Mapping[str, Any]) -> Signal:
    tally = OutcomeTally(**(stored or {}))
    if tally.share is None or tally.lower_bound is None:
        return Signal(label, "absent", note="No task of others has used it yet.")
    least = f"{policy['min_outcomes']} outcomes from {policy['min_reporters']} people"
    enough = tally.total >= policy["min_outcomes"] and tally.reporters >= policy["min_reporters"]
    return Signal(
        label,
        f"{tally.successes} of {_counted(tally.total, 'task', 'tasks')} went well",
        share=tally.lower_bound,
        threshold=policy["outcome_threshold"],
        note=f"Reported by {_counted(tally.reporters, 'person', 'people')}; at least "
        f"{tally.lower_bound:.0%} with 95 % confidence."
        + ("" if enough else f" Counts as evidence from {least} on."),
    )


def _alike(grouping: Mapping[str, Any], policy: Mapping[str, Any]) -> Signal:
    confidence = grouping.get("confidence")
    if confidence is None:
        return Signal("Likeness of the notes", "absent")
    codes = grouping.get("reasons", [])
    return Signal(
        "Likeness of the notes",
        f"{confidence:.2f}",
        share=confidence,
        threshold=policy["min_confidence"],
        note=(", ".join(ALIKE.get(code, code) for code in codes) + ".").capitalize(),
    )


def _rated(label: str, value: float | None, threshold: float, without: str) -> Signal:
    if value is None:
        return Signal(label, "absent", note=without)
    return Signal(label, f"{value:.2f}", share=value, threshold=threshold)


def _opinion(
    value: float | None, told: Mapping[str, Any] | None, policy: Mapping[str, Any]
) -> Signal:
    """The rank, what the model itself said, how often, and which model."""
    label = "Rating by a language model"
    if value is None:
        return Signal(label, "absent", note="No model has rated it.")
    row = Signal(label, f"{value:.2f}", share=value, threshold=policy["self_eval_threshold"])
    return replace(row, note=_told(told, policy)) if told else row


def _told(told: Mapping[str, Any], policy: Mapping[str, Any]) -> str:
    answers = _counted(told["samples"], "answer", "answers")
    said = f"{told['model']} gave it {told['score']:g} of {told['scale']}"
    said += f", the middle of {answers}" if told["samples"] > 1 else ", in one answer"
    if told["samples"] < told["calls"]:
        said += f" ({told['calls'] - told['samples']} missing, counted as lower)"
    if not told["calibrated"]:
        few = _counted(told["window"], "text", "texts")
        return f"{said}. It has rated {few} lately, too few to rank it among them."
    rank = f"{said}. Its rank among the {told['window']} texts that model rated lately counts"
    low = told["raw"] < policy["self_eval_floor"]
    return f"{rank}; but the model itself rates it too low to share." if low else f"{rank}."


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
