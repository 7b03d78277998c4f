"""The measured inputs of a decision as rows with bars, in the reader's language.

No database: plain values in, rows out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as say_in
from django.utils.translation import ngettext

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
    told = _people_counted(people)
    if teams:
        in_teams = ngettext("in %(n)d team", "in %(n)d teams", teams) % {"n": teams}
        told += f" {in_teams}"
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
        return say_in("within a day")
    if days < 14:
        return ngettext("over %(n)d day", "over %(n)d days", days) % {"n": days}
    if days < 70:
        return say_in("over %(n)d weeks") % {"n": days // 7}
    return say_in("over %(n)d months") % {"n": days // 30}


def signals_of(inputs: Mapping[str, Any]) -> list[Signal]:
    """Rows of a decision's stored `inputs`; rows of an older engine may lack some of them."""
    return list(
        _rows(inputs.get("signals", {}), DEFAULT.values() | inputs.get("policy", {}), inputs)
    )


def _rows(
    signals: Mapping[str, Any], policy: Mapping[str, Any], inputs: Mapping[str, Any]
) -> Iterator[Signal]:
    yield _people(signals, policy, inputs)
    yield _outcomes(say_in("Outcomes of this text"), signals.get("outcome"), policy)
    yield _outcomes(
        say_in("Outcomes of every note in the group"), signals.get("cluster_outcome"), policy
    )
    yield _alike(inputs.get("grouping", {}), policy)
    yield _rated(
        say_in("How unusual this agreement is"),
        signals.get("frequency"),
        policy["frequency_threshold"],
        say_in("There was nothing to compare it with."),
    )
    yield _opinion(signals.get("self_eval"), inputs.get("self_eval"), policy)


def _people(
    signals: Mapping[str, Any], policy: Mapping[str, Any], inputs: Mapping[str, Any]
) -> Signal:
    independent = signals.get("likely_people", 0)
    everyone = max(inputs.get("people", independent), independent)
    needed = policy["min_independent_people"]
    return Signal(
        say_in("Independent people"),
        ngettext("%(n)d of %(of)d person", "%(n)d of %(of)d people", everyone)
        % {"n": independent, "of": everyone},
        share=independent / everyone if everyone else 0.0,
        note=say_in(
            "Who passes on somebody else's message is not counted. The policy asks for %(n)d."
        )
        % {"n": needed},
    )


def _outcomes(label: str, stored: Mapping[str, int] | None, policy: Mapping[str, Any]) -> Signal:
    tally = OutcomeTally(**(stored or {}))
    if tally.share is None or tally.lower_bound is None:
        return Signal(label, say_in("absent"), note=say_in("No task of others has used it yet."))
    enough = tally.total >= policy["min_outcomes"] and tally.reporters >= policy["min_reporters"]
    return Signal(
        label,
        ngettext("%(n)d of %(of)d task went well", "%(n)d of %(of)d tasks went well", tally.total)
        % {"n": tally.successes, "of": tally.total},
        share=tally.lower_bound,
        threshold=policy["outcome_threshold"],
        note=" ".join(_proof(tally.reporters, tally.lower_bound, policy, enough=enough)),
    )


def _proof(
    reporters: int, bound: float, policy: Mapping[str, Any], *, enough: bool
) -> Iterator[str]:
    people = _people_counted(reporters)
    yield say_in("Reported by %(people)s; at least %(share)s with 95 %% confidence.") % {
        "people": people,
        "share": f"{bound:.0%}",
    }
    if not enough:
        yield say_in("Counts as evidence from %(n)d outcomes from %(m)d people on.") % {
            "n": policy["min_outcomes"],
            "m": policy["min_reporters"],
        }


def _alike(grouping: Mapping[str, Any], policy: Mapping[str, Any]) -> Signal:
    confidence = grouping.get("confidence")
    if confidence is None:
        return Signal(say_in("Likeness of the notes"), say_in("absent"))
    codes = grouping.get("reasons", [])
    return Signal(
        say_in("Likeness of the notes"),
        f"{confidence:.2f}",
        share=confidence,
        threshold=policy["min_confidence"],
        note=(", ".join(str(ALIKE.get(code, code)) for code in codes) + ".").capitalize(),
    )


def _rated(label: str, value: float | None, threshold: float, without: str) -> Signal:
    if value is None:
        return Signal(label, say_in("absent"), note=without)
    return Signal(label, f"{value:.2f}", share=value, threshold=threshold)


def _opinion(
    value: float | None, told: Mapping[str, Any] | None, policy: Mapping[str, Any]
) -> Signal:
    """The rank, what the model itself said, how often, and which model."""
    label = say_in("Rating by a language model")
    if value is None:
        return Signal(label, say_in("absent"), note=say_in("No model has rated it."))
    row = Signal(label, f"{value:.2f}", share=value, threshold=policy["self_eval_threshold"])
    return replace(row, note=_told(told, policy)) if told else row


def _told(told: Mapping[str, Any], policy: Mapping[str, Any]) -> str:
    """Sentences: what the model said, how often it answered, and what its word counts."""
    return " ".join([_said(told), _ranked(told, policy)])


def _said(told: Mapping[str, Any]) -> str:
    figures = {
        "model": told["model"], "score": f"{told['score']:g}", "of": told["scale"],
        "n": told["samples"], "missing": told["calls"] - told["samples"],
    }  # fmt: skip
    if told["samples"] < told["calls"]:
        return (
            say_in(
                "%(model)s gave it %(score)s of %(of)s, the middle of %(n)d answers"
                " (%(missing)d missing, counted as lower)."
            )
            % figures
        )
    if told["samples"] > 1:
        return (
            say_in("%(model)s gave it %(score)s of %(of)s, the middle of %(n)d answers.") % figures
        )
    return say_in("%(model)s gave it %(score)s of %(of)s, in one answer.") % figures


def _ranked(told: Mapping[str, Any], policy: Mapping[str, Any]) -> str:
    window = {"n": told["window"]}
    if not told["calibrated"]:
        return (
            ngettext(
                "It has rated %(n)d text lately, too few to rank it among them.",
                "It has rated %(n)d texts lately, too few to rank it among them.",
                told["window"],
            )
            % window
        )
    if told["raw"] < policy["self_eval_floor"]:
        return (
            say_in(
                "Its rank among the %(n)d texts that model rated lately counts; but the model"
                " itself rates it too low to share."
            )
            % window
        )
    return say_in("Its rank among the %(n)d texts that model rated lately counts.") % window


def _people_counted(number: int) -> str:
    return ngettext("%(n)d person", "%(n)d people", number) % {"n": number}
