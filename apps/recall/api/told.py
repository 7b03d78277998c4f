"""An answer as JSON, written out: `RecallOut` describes the same, and a test compares both.

Ten results have six hundred fields, and asking a serializer for each took a fifth of a recall.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from apps.recall.api.serializers import ExplanationOut
from apps.recall.services.answers import Answer, Brief, Named, Result, Stated, Tokens

_EXPLANATION = ExplanationOut()
_TIMED = ("embedding", "database", "rerank", "total")


def told(answer: Answer) -> dict[str, Any]:
    """What `POST /recall` answers."""
    return {
        "recall_id": str(answer.recall_id),
        "canon": [_cited(each) for each in answer.canon],
        "briefs": [_brief(each) for each in answer.briefs],
        "results": [_result(each) for each in answer.results],
        "degraded": list(answer.degraded),
        "hidden": dict(answer.hidden),
        "timing": {part: answer.timing[part] for part in _TIMED},
        "tokens": _tokens(answer.tokens),
        "context": answer.context,
        "explain": _explained(answer.explain),
    }


def _cited(stated: Stated) -> dict[str, Any]:
    cited = stated.cited
    return {
        "layer": "L4",
        "place": stated.place,
        "document": str(cited.document),
        "path": cited.path,
        "revision": cited.number,
        "sha256": cited.sha256,
        "title": cited.title,
        "section": cited.section,
        "heading": cited.heading,
        "text": cited.text,
        "score": stated.score,
        "signals": dict(stated.signals),
    }


def _brief(brief: Brief) -> dict[str, Any]:
    return {
        "space": _named(brief.space),
        "maker": brief.maker,
        "refreshed_at": _moment(brief.refreshed_at),
        "lines": [
            {"text": line.text, "sources": list(map(str, line.sources))} for line in brief.lines
        ],
    }


def _result(result: Result) -> dict[str, Any]:
    return {
        "id": str(result.id),
        "layer": result.layer,
        "space": _named(result.space),
        "text": result.text,
        "kind": result.kind,
        "tags": list(result.tags),
        "author": _named(result.author),
        "session_id": result.session_id,
        "occurred_at": _moment(result.occurred_at),
        "score": result.score,
        "signals": dict(result.signals),
        "ranks": dict(result.ranks),
        "provenance": {"sources": result.sources, "ids": list(map(str, result.source_ids))},
        "valid": {"from": _moment(result.valid_from), "to": _moment(result.valid_to)},
        "status": result.status,
        "revision": result.revision,
        "corroborated_at": _moment(result.corroborated_at),
        "repeats": list(map(str, result.repeats)),
        "feedback": None if result.feedback is None else dict(result.feedback),
    }


def _named(named: Named) -> dict[str, str]:
    return {"id": str(named.id), "name": named.name, "kind": named.kind}


def _tokens(tokens: Tokens) -> dict[str, Any]:
    left_out = [
        {"id": str(each.id), "section": each.section, "tokens": each.tokens}
        for each in tokens.left_out
    ]
    return {"used": tokens.used, "budget": tokens.budget, "left_out": left_out}


def _explained(explain: Mapping[str, Any] | None) -> Any:
    return None if explain is None else _EXPLANATION.to_representation(explain)


def _moment(moment: datetime | None) -> str | None:
    """As every other moment of the API: in UTC, with a Z."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"
