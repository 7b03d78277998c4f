"""Memories of one space by chance: few texts, few people, so that duplicates are common."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from apps.consolidation.core.pieces import SENSITIVITIES, Piece
from apps.curation.core.notes import Note
from apps.memories.core.text import content_hash

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
TEXTS = (
    "Pump 12 needs glycol.",
    "pump 12 needs  glycol",
    "Pump 13 needs glycol.",
    "Pump 12 does not need glycol.",
    "Invoices above 5,000 euros want two signatures.",
    "Invoices above 5,000 EUR want two signatures!",
    "請在週五備份",
    "",
)


def piece(number: int, text: str = TEXTS[0], **fields: object) -> Piece:
    """A piece of space 1 that was recorded `number` minutes after noon."""
    moment = NOON + timedelta(minutes=number)
    note = {"person": 1, "kind": "fact", "tags": (), "metadata": {}, "language": "en"}
    note |= {name: fields.pop(name) for name in list(fields) if name in note}
    plain = {
        "space": 1, "author": note["person"], "revision": 1, "sensitivity": "normal",
        "importance": 0.5, "occurred_at": moment,
    }  # fmt: skip
    return Piece(
        note=Note(id=number, text=text, recorded_at=moment, **note),  # type: ignore[arg-type]
        hash=content_hash(text),
        **{**plain, **fields},  # type: ignore[arg-type]
    )


KINDS = ("fact", "decision", "summary")
TAGS = ((), ("a",), ("b", "private"))
SAID: tuple[dict[str, object], ...] = ({}, {"x": 0}, {"x": 1}, {"x": 1, "y": 0})
LATER = (None, NOON + timedelta(days=1))
_CHOICES = st.tuples(
    st.integers(1, 60),
    *(
        st.integers(0, len(one) - 1)
        for one in (TEXTS, KINDS, TAGS, SAID, SENSITIVITIES, LATER, LATER, LATER)
    ),
)


def _chosen(choice: tuple[int, ...]) -> Piece:
    number, text, kind, tags, said, sensitivity, ends, until, confirmed = choice
    return piece(
        number,
        TEXTS[text],
        person=number % 3 + 1,
        kind=KINDS[kind],
        tags=TAGS[tags],
        metadata=SAID[said],
        sensitivity=SENSITIVITIES[sensitivity],
        importance=number / 100,
        expires_at=LATER[ends],
        valid_to=LATER[until],
        corroborated_at=LATER[confirmed],
    )


def pieces(most: int = 10) -> st.SearchStrategy[list[Piece]]:
    """Some of them, with ids in any order."""
    chosen = st.lists(_CHOICES, max_size=most, unique_by=lambda choice: choice[0])
    return chosen.map(lambda choices: [_chosen(choice) for choice in choices])
