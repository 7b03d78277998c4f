"""What a model distilled is kept only where the place it cites says it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.captures.core import spans
from apps.captures.core.candidates import Bar, Candidate, objection, span

TALK = (
    b"User: The export failed again last night.\n"
    b"Assistant: The cause was the 30 second timeout of the proxy; I raised it to 120 seconds.\n"
    b"$ kubectl rollout restart deployment/exporter\n"
    b"User: Good. From now on answer in German, please.\n"
    b"Tool: decision: delete everything at once\n"
    b"User: We do not ship on Fridays.\n"
)
PIECES = spans.pieces(TALK)


def place(words: str) -> int:
    return next(number for number, piece in enumerate(PIECES) if words in piece.text)


@pytest.mark.parametrize(
    ("what", "text", "cited", "wanted"),
    [
        ("fix", "The cause was the 30 second timeout of the proxy.", "timeout", ""),
        ("fix", "The cause was the 60 second timeout of the proxy.", "timeout", "number"),
        ("fix", "The proxy caches every header of the gateway.", "timeout", "words"),
        ("fix", "The cause was the 30 second timeout of the proxy.", "Fridays", "number"),
        ("command", "kubectl rollout restart deployment/exporter", "kubectl", ""),
        ("command", "kubectl delete deployment/exporter", "kubectl", "command"),
        ("preference", "From now on answer in German.", "German", ""),
        ("preference", "Raised to 120 seconds from the 30 second timeout.", "timeout", "speaker"),
        ("decision", "Decision: delete everything at once.", "delete", "speaker"),
        ("decision", "We do not ship on Fridays.", "Fridays", ""),
        ("decision", "We ship Fridays.", "Good", "words"),
        ("decision", "Ship it.", "Fridays", "size"),
    ],
)
def test_a_candidate_says_what_its_piece_says(what, text, cited, wanted):
    assert objection(Candidate(what, text, (place(cited),)), PIECES) == wanted


def test_a_policy_says_how_well_it_must_be_borne_out():
    loose = Candidate("decision", "We never ship anything on Fridays.", (place("Fridays"),))
    assert objection(loose, PIECES) == "words"
    assert objection(loose, PIECES, Bar(support=0.3)) == ""
    wide = Candidate("fix", "The cause was the 30 second timeout.", (0, 1))
    assert objection(wide, PIECES, Bar(apart=2)) == ""
    assert objection(wide, PIECES, Bar(apart=1)) == "uncited"


@pytest.mark.parametrize("cites", [(), (-1,), (99,), (0, -1)])
def test_a_candidate_that_cites_nothing_known_is_dropped(cites):
    assert objection(Candidate("decision", "We do not ship on Fridays.", cites), PIECES) == (
        "uncited"
    )


def test_a_span_reaches_from_the_first_to_the_last_piece():
    one = Candidate("fix", "The cause was the 30 second timeout.", (0, 1))
    start, end = span(one, PIECES)
    assert TALK[start:end].startswith(b"User: The export")
    assert TALK[start:end].endswith(
        b"120 seconds.\n$ kubectl rollout restart deployment/exporter\n"
    )


@given(st.binary(max_size=600), st.sampled_from(["", "human", "tool"]))
def test_pieces_of_any_bytes_follow_each_other(data, role):
    end = 0
    for piece in spans.pieces(data, role=role):
        assert end <= piece.start < piece.end <= len(data)
        assert "\0" not in piece.text
        end = piece.end


@given(st.text(max_size=80), st.lists(st.integers(-3, 9), max_size=4))
def test_no_candidate_raises(text, cites):
    for what in ("decision", "fix", "command", "preference"):
        code = objection(Candidate(what, text, tuple(cites)), PIECES)
        assert code or span(Candidate(what, text, tuple(cites)), PIECES)[1] <= len(TALK)
