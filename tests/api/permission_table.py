"""Who gets which answer: a row per route and place. A route without a row fails the build.

    Row(route, "alice bob charlie reader writer anonymous", on=..., body=...)

`route` is spelled as the URL resolver finds it. `on` names the object that fills `{id}` and `body`
may hold "$name" for the id of another one; the names are made in `stage.py`. A 404 promises more
than the number: the answer must be, to the byte, the one for an id that nobody ever used.

Alice curates the team and the root, Bob is a member of the team and reads the root, Charlie is of
another organisation; reader and writer are Alice's agents.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

V1 = "/api/v1"


@dataclass(frozen=True)
class Row:
    """The six answers to one representative request."""

    route: str
    answers: str
    on: str = ""
    body: dict[str, Any] | None = field(default=None, compare=False)

    def __str__(self) -> str:
        where = self.on or (self.body or {}).get("space", "").removeprefix("$")
        return f"{self.route} {where}".strip()


_TEXT = "Written by whoever asks."
_DOCUMENT = "---\ntitle: A document\n---\n\nWords.\n"

ROWS = (
    # --- operations and documentation: open to everybody -------------------------------------
    Row("GET /", "200 200 200 200 200 200"),
    Row("GET /language", "302 302 302 302 302 302"),
    Row("GET /desk/", "200 302 302 302 302 302"),
    Row("GET /health/live", "200 200 200 200 200 200"),
    Row("GET /health/ready", "200 200 200 200 200 200"),
    Row("GET /metrics", "200 200 200 200 200 200"),
    Row("GET /api/schema", "200 200 200 200 200 200"),
    Row("GET /api/docs", "200 200 200 200 200 200"),
    # --- who am I, my agents, their tokens ----------------------------------------------------
    Row(f"GET {V1}/me", "200 200 200 200 200 401"),
    Row(
        f"PATCH {V1}/me",
        "200 200 200 403 403 401",
        body={"share_for_promotion": False},
    ),
    Row(f"GET {V1}/agents", "200 200 200 200 200 401"),
    Row(f"POST {V1}/agents", "201 201 201 403 403 401", body={"name": "Another"}),
    Row(f"GET {V1}/agents/{{id}}", "200 404 404 200 200 401", on="agent"),
    Row(
        f"PATCH {V1}/agents/{{id}}",
        "200 404 404 403 403 401",
        on="agent",
        body={"is_active": False},
    ),
    # Nobody here administers the organisation; tests/accounts/test_deactivation.py has one who does
    Row(f"GET {V1}/people", "403 403 403 403 403 401"),
    Row(f"GET {V1}/people/{{id}}", "404 404 404 403 403 401", on="bob"),
    Row(f"POST {V1}/people/{{id}}/deactivate", "404 404 404 403 403 401", on="bob"),
    Row(f"POST {V1}/people/{{id}}/reactivate", "404 404 404 403 403 401", on="bob"),
    Row(f"GET {V1}/tokens", "200 200 200 403 403 401"),
    Row(
        f"POST {V1}/tokens",
        "201 201 201 403 403 401",
        body={"name": "mine", "scopes": ["read"]},
    ),
    Row(
        f"POST {V1}/tokens",
        "201 400 400 403 403 401",
        body={"name": "for her agent", "scopes": ["read"], "agent": "$agent"},
    ),
    Row(f"GET {V1}/tokens/{{id}}", "200 404 404 403 403 401", on="reader's token"),
    Row(
        f"PATCH {V1}/tokens/{{id}}",
        "200 404 404 403 403 401",
        on="reader's token",
        body={"rate_limit": 60},
    ),
    Row(
        f"POST {V1}/tokens/{{id}}/rotate",
        "201 404 404 403 403 401",
        on="reader's token",
        body={"overlap_minutes": 5},
    ),
    Row(f"DELETE {V1}/tokens/{{id}}", "200 404 404 403 403 401", on="reader's token"),
    # --- spaces and members -------------------------------------------------------------------
    Row(f"GET {V1}/spaces", "200 200 200 200 200 401"),
    Row(f"POST {V1}/spaces", "201 403 403 403 403 401", body={"name": "Red"}),
    Row(
        f"POST {V1}/spaces",
        "201 403 400 403 403 401",
        body={"name": "Red", "parent": "$team"},
    ),
    Row(
        f"POST {V1}/spaces",
        "403 400 400 403 403 401",
        body={"name": "Red", "parent": "$personal"},
    ),
    Row(f"GET {V1}/spaces/{{id}}", "200 404 404 200 200 401", on="personal"),
    Row(f"GET {V1}/spaces/{{id}}", "200 200 404 200 200 401", on="team"),
    Row(f"GET {V1}/spaces/{{id}}", "200 200 404 200 200 401", on="root"),
    Row(f"GET {V1}/spaces/{{id}}/members", "200 404 404 200 200 401", on="personal"),
    Row(f"GET {V1}/spaces/{{id}}/members", "200 200 404 200 200 401", on="team"),
    Row(f"GET {V1}/spaces/{{id}}/members", "200 200 404 200 200 401", on="root"),
    *(
        Row(
            f"POST {V1}/spaces/{{id}}/members",
            answers,
            on=space,
            body={"email": "dora@example.org", "role": "member"},
        )
        for space, answers in (
            ("personal", "403 404 404 403 403 401"),
            ("team", "200 403 404 403 403 401"),
            ("root", "200 403 404 403 403 401"),
        )
    ),
    # --- memories -----------------------------------------------------------------------------
    Row(f"GET {V1}/memories", "200 200 200 200 200 401"),
    Row(f"POST {V1}/memories", "201 201 201 403 201 401", body={"text": _TEXT}),
    *(
        Row(f"POST {V1}/memories", answers, body={"text": _TEXT, "space": f"${space}"})
        for space, answers in (
            ("personal", "201 400 400 403 201 401"),
            ("team", "201 201 400 403 201 401"),
            ("root", "201 403 400 403 201 401"),
        )
    ),
    *(
        Row(
            f"POST {V1}/memories/bulk",
            answers,
            body={"items": [{"text": _TEXT, "space": f"${space}"}], "atomic": True},
        )
        for space, answers in (
            ("personal", "200 400 400 403 200 401"),
            ("team", "200 200 400 403 200 401"),
            ("root", "200 403 400 403 200 401"),
        )
    ),
    *(
        Row(f"GET {V1}/memories/{{id}}{part}", answers, on=f"note in {space}")
        for part in ("", "/history", "/provenance", "/strength")
        for space, answers in (
            ("personal", "200 404 404 200 200 401"),
            ("team", "200 200 404 200 200 401"),
            ("root", "200 200 404 200 200 401"),
        )
    ),
    # her people and the space's reviewers change it; Bob, who may write there, is neither
    *(
        Row(f"{method} {V1}/memories/{{id}}", answers, on=f"note in {space}", body=body)
        for method, body in (("PATCH", {"text": _TEXT}), ("DELETE", None))
        for space, answers in (
            ("personal", "200 404 404 403 200 401"),
            ("team", "200 403 404 403 200 401"),
            ("root", "200 403 404 403 200 401"),
        )
    ),
    *(
        Row(f"POST {V1}/memories/{{id}}/{verb}", answers, on=f"note in {space}", body={})
        for verb in ("confirm", "contradict")
        for space, answers in (
            ("personal", "201 404 404 403 201 401"),
            ("team", "201 201 404 403 201 401"),
            ("root", "201 201 404 403 201 401"),
        )
    ),
    # --- outcomes -----------------------------------------------------------------------------
    Row(f"GET {V1}/outcomes", "200 200 200 200 200 401"),
    Row(
        f"POST {V1}/outcomes",
        "201 201 201 403 201 401",
        body={"task": "T", "success": True, "memory_ids": ["$note in team"]},
    ),
    Row(f"GET {V1}/outcomes/{{id}}", "200 404 404 200 200 401", on="outcome"),
    # --- recall -------------------------------------------------------------------------------
    Row(f"POST {V1}/recall", "200 200 200 200 200 401", body={"query": "Kept?"}),
    Row(
        f"POST {V1}/recall",
        "200 400 400 200 200 401",
        body={"query": "Kept?", "filters": {"spaces": ["$personal"]}},
    ),
    # who asked, in person or by an agent; nobody else learns that it was asked
    Row(
        f"POST {V1}/recall/{{id}}/feedback",
        "200 404 404 403 200 401",
        on="recall",
        body={"verdict": "useful", "memory_ids": ["$note in team"]},
    ),
    *(
        Row(f"GET {V1}/memories/{{id}}/feedback", answers, on=f"note in {space}")
        for space, answers in (
            ("personal", "200 404 404 200 200 401"),
            ("team", "200 200 404 200 200 401"),
            ("root", "200 200 404 200 200 401"),
        )
    ),
    # --- graph: by evidence; what Alice's notes in the team and the root speak of ---------------
    Row(f"GET {V1}/graph/entities", "200 200 200 200 200 401"),
    *(
        Row(f"GET {V1}/graph/entities/{{id}}{part}", "200 200 404 200 200 401", on=name)
        for part in ("", "/neighbours", "/related", "/timeline")
        for name in ("entity in team", "entity in root")
    ),
    # without the end of the way
    Row(f"GET {V1}/graph/entities/{{id}}/path", "400 400 404 400 400 401", on="entity in team"),
    *(
        Row(
            f"POST {V1}/graph/entities/{{id}}/{verb}",
            "200 403 404 403 403 401",
            on="entity in team",
            body=body,
        )
        for verb, body in (
            ("merge", {"other": "$entity in root"}),
            ("split", {"memories": ["$note in team"]}),
        )
    ),
    Row(f"GET {V1}/graph/changes", "200 200 200 200 200 401"),
    Row(f"GET {V1}/graph/changes/{{id}}", "200 200 404 200 200 401", on="entity change"),
    Row(f"POST {V1}/graph/changes/{{id}}/undo", "200 403 404 403 403 401", on="entity change"),
    Row(f"GET {V1}/graph/relations", "200 200 200 200 200 401"),
    Row(f"GET {V1}/graph/relations/{{id}}", "200 200 404 200 200 401", on="relation"),
    Row(
        f"POST {V1}/graph/relations/{{id}}/decide",
        "200 403 404 403 403 401",
        on="relation",
        body={"accept": True},
    ),
    Row(f"GET {V1}/graph/about", "400 400 400 400 400 401"),  # about what?
    Row(f"GET {V1}/graph/export", "200 200 200 200 200 401"),
    Row(f"GET {V1}/graph/types", "200 200 200 200 200 401"),
    # Nobody here administers the organisation; tests/graph/test_types.py has one who does
    Row(
        f"PATCH {V1}/graph/types",
        "403 403 403 403 403 401",
        body={"name": "status", "functional": True},
    ),
    Row(f"GET {V1}/graph/personal", "200 200 200 200 200 401"),
    Row(f"PATCH {V1}/graph/personal", "200 200 200 403 403 401", body={"include": True}),
    # --- curation: for reviewers, never for agents --------------------------------------------
    Row(f"GET {V1}/candidates", "200 200 200 403 403 401"),
    Row(f"GET {V1}/candidates/{{id}}", "200 404 404 403 403 401", on="candidate"),
    *(
        Row(
            f"POST {V1}/candidates/{{id}}/{verb}",
            "200 404 404 403 403 401",
            on="candidate",
            body=body,
        )
        for verb, body in (
            ("approve", {}),
            ("reject", {"reason": "No."}),
            ("merge", {"into": "$note in team"}),
            ("edit", {"text": "In better words."}),
            ("split", {"members": ["$member"]}),
            ("join", {"other": "$other candidate"}),
            ("defer", {"until": f"{datetime.now(UTC) + timedelta(days=7):%Y-%m-%d}T00:00:00Z"}),
            ("release", {}),
        )
    ),
    Row(f"POST {V1}/candidates/{{id}}/canon", "201 404 404 403 403 401", on="candidate", body={}),
    # Alice alone reviews the team, and nothing was decided yet
    Row(
        f"POST {V1}/candidates/{{id}}/ask",
        "400 404 404 403 403 401",
        on="candidate",
        body={"colleague": "$alice", "reason": "Is it so?"},
    ),
    Row(f"POST {V1}/candidates/{{id}}/undo", "409 404 404 403 403 401", on="candidate", body={}),
    Row(f"POST {V1}/candidates/next", "200 204 204 403 403 401", body={}),
    Row(
        f"POST {V1}/candidates/decide",
        "200 200 200 403 403 401",
        body={
            "verb": "reject",
            "reason": "No.",
            "items": [{"id": "00000000-0000-4000-8000-000000000000", "revision": 1}],
        },
    ),
    # marks: Bob's notes, so he disputes and Alice, who reviews above him, judges
    Row(f"GET {V1}/screenings", "200 200 200 200 200 401"),
    Row(f"GET {V1}/screenings/figures", "200 200 200 403 403 401"),
    Row(f"GET {V1}/screenings/{{id}}", "200 200 404 404 404 401", on="mark"),
    Row(f"POST {V1}/screenings/{{id}}/dispute", "403 200 404 403 404 401", on="mark", body={}),
    Row(f"POST {V1}/screenings/{{id}}/accept", "403 200 404 403 404 401", on="mark", body={}),
    *(
        Row(
            f"POST {V1}/screenings/{{id}}/{verb}",
            "200 403 404 403 403 401",
            on="disputed mark",
            body={"reason": "I read it."},
        )
        for verb in ("release", "confirm")
    ),
    Row(f"GET {V1}/runs", "200 200 200 403 403 401"),
    Row(f"POST {V1}/runs", "202 403 403 403 403 401", body={"dry": True}),
    Row(f"GET {V1}/runs/{{id}}", "200 404 404 403 403 401", on="run"),
    Row(f"POST {V1}/runs/{{id}}/cancel", "409 404 404 403 403 401", on="run"),
    Row(f"GET {V1}/runs/{{id}}/decisions", "200 404 404 403 403 401", on="run"),
    Row(
        f"POST {V1}/runs/{{id}}/replay",
        "200 404 404 403 403 401",
        on="run",
        body={"preset": "seed"},
    ),
    Row(
        f"GET {V1}/promotion/sensitivity",
        "200 403 403 403 403 401",
    ),
    Row(f"GET {V1}/promotion/quality", "200 403 403 403 403 401"),
    # transcripts: for their person and that person's agents, whoever else reviews
    Row(f"GET {V1}/captures", "200 200 200 200 200 401"),
    Row(f"POST {V1}/captures", "201 201 201 403 201 401", body={"text": "We decided on blue."}),
    Row(
        f"POST {V1}/captures/try",
        "200 400 400 403 403 401",
        body={"captures": ["$capture"]},
    ),
    Row(f"GET {V1}/captures/{{id}}", "200 404 404 200 200 401", on="capture"),
    Row(f"GET {V1}/captures/{{id}}/content", "200 404 404 200 200 401", on="capture"),
    Row(f"PUT {V1}/captures/{{id}}/parts", "400 404 404 403 400 401", on="upload"),
    Row(f"POST {V1}/captures/{{id}}/complete", "200 404 404 403 200 401", on="capture"),
    Row(f"POST {V1}/captures/{{id}}/retry", "200 404 404 403 200 401", on="capture"),
    Row(f"DELETE {V1}/captures/{{id}}", "204 404 404 403 204 401", on="capture"),
    # decay: reviewers look and count, whoever manages the organisation's space archives and undoes
    Row(f"GET {V1}/decay-runs", "200 200 200 403 403 401"),
    Row(f"POST {V1}/decay-runs", "202 403 403 403 403 401", body={"dry": True}),
    Row(f"POST {V1}/decay-runs", "202 403 403 403 403 401", body={"dry": False}),
    Row(f"GET {V1}/decay-runs/{{id}}", "200 404 404 403 403 401", on="decay run"),
    Row(f"POST {V1}/decay-runs/{{id}}/undo", "202 404 404 403 403 401", on="decay run"),
    Row(f"POST {V1}/decay-forecasts", "200 403 403 403 403 401", body={"months": 1}),
    # use of models: figures for reviewers, budgets by who manages
    Row(f"GET {V1}/usage/models", "200 403 403 403 403 401"),
    Row(f"GET {V1}/usage/budgets", "200 200 200 403 403 401"),
    Row(
        f"POST {V1}/usage/budgets",
        "201 403 400 403 403 401",
        body={"space": "$team", "calls_per_day": 9, "reason": "Because."},
    ),
    Row(f"GET {V1}/policies", "200 200 200 403 403 401"),
    Row(
        f"POST {V1}/policies",
        "201 403 400 403 403 401",
        body={"space": "$team", "values": {}, "reason": "Because."},
    ),
    # --- canon: read by who reads the space, written by review --------------------------------
    Row(f"GET {V1}/canon/documents", "200 200 200 200 200 401"),
    Row(f"GET {V1}/canon/export", "200 200 200 200 200 401"),
    *(
        Row(f"GET {V1}/canon/{path}", "200 200 404 200 200 401", on=on)
        for path, on in (
            ("documents/{id}", "document"),
            ("documents/{id}/history", "document"),
            ("proposals/{id}", "proposal"),
            ("rules/{id}", "rules"),
        )
    ),
    Row(f"GET {V1}/canon/proposals", "200 200 200 200 200 401"),
    Row(
        f"POST {V1}/canon/proposals",
        "201 201 400 403 201 401",
        body={"space": "$team", "path": "d.md", "content": _DOCUMENT},
    ),
    Row(
        f"POST {V1}/canon/proposals",
        "201 403 400 403 201 401",
        body={"space": "$root", "path": "d.md", "content": _DOCUMENT},
    ),
    # Bob wrote it, so nobody else changes it, and he does not approve it
    Row(
        f"PATCH {V1}/canon/proposals/{{id}}",
        "403 200 404 403 403 401",
        on="proposal",
        body={"content": _DOCUMENT},
    ),
    Row(
        f"POST {V1}/canon/proposals/{{id}}/comment",
        "201 201 404 403 201 401",
        on="proposal",
        body={"text": _TEXT},
    ),
    Row(
        f"POST {V1}/canon/proposals/{{id}}/approve",
        "200 403 404 403 403 401",
        on="proposal",
        body={"sha256": "$proposal's bytes"},
    ),
    Row(
        f"POST {V1}/canon/proposals/{{id}}/withdraw",
        "200 200 404 403 403 401",
        on="proposal",
        body={"reason": "No."},
    ),
    Row(
        f"POST {V1}/canon/proposals/{{id}}/merge",
        "409 403 404 403 403 401",
        on="proposal",
        body={},
    ),
    Row(
        f"POST {V1}/canon/proposals/{{id}}/merge",
        "200 403 404 403 403 401",
        on="approved proposal",
        body={},
    ),
    Row(f"GET {V1}/canon/mirrors", "200 200 200 200 200 401"),
    Row(f"GET {V1}/canon/rules", "200 200 200 200 200 401"),
    Row(
        f"POST {V1}/canon/rules",
        "201 403 400 403 403 401",
        body={"space": "$team", "values": {}, "reason": "Because."},
    ),
    # nothing was mirrored here; tests/canon/test_git.py clones
    Row("GET /git/{id}.git/info/refs", "404 404 404 404 404 401", on="team"),
    Row("POST /git/{id}.git/git-upload-pack", "404 404 404 404 404 401", on="team"),
    # --- the archivist: for who reviews a space or owns it, never for agents ------------------
    Row(f"GET {V1}/consolidation/runs", "200 200 200 403 403 401"),
    Row(f"GET {V1}/consolidation/runs/{{id}}", "200 404 404 403 403 401", on="consolidation run"),
    *(
        Row(f"POST {V1}/consolidation/runs", answers, body={"space": f"${space}", "dry": True})
        for space, answers in (
            ("personal", "202 400 400 403 403 401"),
            ("team", "202 403 400 403 403 401"),
            ("root", "202 403 400 403 403 401"),
        )
    ),
    Row(f"GET {V1}/consolidation/proposals", "200 200 200 403 403 401"),
    Row(
        f"GET {V1}/consolidation/proposals/{{id}}",
        "200 404 404 403 403 401",
        on="archivist proposal",
    ),
    Row(
        f"POST {V1}/consolidation/proposals/{{id}}/approve",
        "200 404 404 403 403 401",
        on="archivist proposal",
        body={},
    ),
    Row(
        f"POST {V1}/consolidation/proposals/{{id}}/reject",
        "200 404 404 403 403 401",
        on="archivist proposal",
        body={"reason": "No."},
    ),
    Row(f"GET {V1}/consolidation/changes", "200 200 200 403 403 401"),
    Row(f"GET {V1}/consolidation/changes/{{id}}", "200 404 404 403 403 401", on="change"),
    Row(
        f"POST {V1}/consolidation/changes/{{id}}/undo",
        "200 404 404 403 403 401",
        on="change",
        body={"reason": "They differ."},
    ),
    Row(f"GET {V1}/consolidation/policies", "200 200 200 403 403 401"),
    Row(
        f"GET {V1}/consolidation/policies/{{id}}",
        "200 404 404 403 403 401",
        on="archivist policy",
    ),
    *(
        Row(
            f"POST {V1}/consolidation/policies",
            answers,
            body={"space": f"${space}", "values": {}, "reason": "Because."},
        )
        for space, answers in (
            ("personal", "201 400 400 403 403 401"),
            ("team", "201 403 400 403 403 401"),
        )
    ),
    *(
        Row(f"POST {V1}/spaces/{{id}}/archivist/try", answers, on=space, body={"task": "brief"})
        for space, answers in (
            ("personal", "200 404 404 403 403 401"),
            ("team", "200 403 404 403 403 401"),
        )
    ),
    # what is going on in a space: for whoever reads it
    Row(f"GET {V1}/spaces/{{id}}/brief", "200 404 404 200 200 401", on="personal"),
    Row(f"GET {V1}/spaces/{{id}}/brief", "200 200 404 200 200 401", on="team"),
    # the audit: for auditors and administrators of the organisation, who are none of the six
    Row(f"GET {V1}/audit", "403 403 403 403 403 401"),
    Row(f"GET {V1}/audit/seals", "403 403 403 403 403 401"),
    Row(f"GET {V1}/audit/verify", "403 403 403 403 403 401"),
    Row(f"GET {V1}/audit/{{id}}", "404 404 404 403 403 401", on="event"),
    Row(f"GET {V1}/policies/{{id}}", "200 404 404 403 403 401", on="policy"),
    # erasures, holds: for administrators of the organisation in person, who are none of the six
    Row(f"GET {V1}/erasures", "403 403 403 403 403 401"),
    Row(
        f"POST {V1}/erasures",
        "403 403 403 403 403 401",
        body={"person": "$alice", "reason": "Asked."},
    ),
    Row(f"GET {V1}/erasures/{{id}}", "404 404 404 403 403 401", on="erasure"),
    Row(f"GET {V1}/erasures/{{id}}/certificate", "404 404 404 403 403 401", on="erasure"),
    # in person, by a credential that manages: agents never
    Row(f"GET {V1}/exports/person", "200 200 200 403 403 401"),
    Row(f"GET {V1}/spaces/{{id}}/export", "200 404 404 403 403 401", on="personal"),
    Row(f"GET {V1}/spaces/{{id}}/export", "200 403 404 403 403 401", on="team"),
    Row(f"GET {V1}/spaces/{{id}}/export", "200 403 404 403 403 401", on="root"),
    Row(f"POST {V1}/imports", "200 200 200 403 403 401", body={"jsonl": '{"text": "Brought."}'}),
    Row(
        f"POST {V1}/imports",
        "200 403 400 403 403 401",
        body={"jsonl": '{"text": "Brought."}', "space": "$root"},
    ),
    Row(f"GET {V1}/retention-rules", "403 403 403 403 403 401"),
    Row(
        f"POST {V1}/retention-rules",
        "403 403 403 403 403 401",
        body={"space": "$team", "action": "keep", "reason": "Because."},
    ),
    Row(f"GET {V1}/retention-rules/{{id}}", "404 404 404 403 403 401", on="retention rule"),
    Row(f"GET {V1}/retention-runs", "403 403 403 403 403 401"),
    Row(f"POST {V1}/retention-runs", "403 403 403 403 403 401"),
    Row(f"GET {V1}/retention-runs/{{id}}", "404 404 404 403 403 401", on="retention run"),
    Row(f"GET {V1}/switches", "403 403 403 403 403 401"),
    Row(
        f"POST {V1}/switches",
        "403 403 403 403 403 401",
        body={"kind": "promotion", "reason": "Because."},
    ),
    Row(f"GET {V1}/switches/{{id}}", "404 404 404 403 403 401", on="switch"),
    Row(f"POST {V1}/switches/{{id}}/lift", "404 404 404 403 403 401", on="switch", body={}),
    Row(f"GET {V1}/holds", "403 403 403 403 403 401"),
    Row(f"POST {V1}/holds", "403 403 403 403 403 401", body={"space": "$team", "reason": "Case."}),
    Row(f"GET {V1}/holds/{{id}}", "404 404 404 403 403 401", on="hold"),
    Row(
        f"POST {V1}/holds/{{id}}/release",
        "404 404 404 403 403 401",
        on="hold",
        body={"reason": "Over."},
    ),
)
