"""What a dry run would have decided, kept on the run: its decisions are rolled back."""

from typing import Any

from django.db.models import Case, IntegerField, Value, When

from apps.curation.models import CurationRun

MOST = 200  # decisions kept; the counts tell of all
_ORDER = ("promote", "review", "corroborate", "hold")


def report(run: CurationRun) -> list[dict[str, Any]]:
    """The run's new decisions, those that would change most first, at most `MOST`. No text.

    Call before its transaction is rolled back.
    """
    rank = Case(
        *(When(verdict=verdict, then=Value(place)) for place, verdict in enumerate(_ORDER)),
        output_field=IntegerField(),
    )
    decisions = run.decisions.select_related("target").order_by(rank, "-score", "id")
    return [
        {
            "verdict": decision.verdict,
            "target": str(decision.target.public_id) if decision.target else None,
            "score": decision.score,
            "reasons": decision.reasons,
            "people": decision.inputs["people"],
            "notes": len(decision.inputs["members"]),
            "policy_version": decision.policy_version,
        }
        for decision in decisions[:MOST]
    ]
