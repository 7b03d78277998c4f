"""Step 1 to 3 of a run: read what may be read, screen it, find who says the same."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.curation.core.grouping import Grouping
from apps.curation.core.groups import GroupingSettings
from apps.curation.core.notes import Note
from apps.curation.core.policy import PromotionPolicy
from apps.curation.core.rulings import Ruling
from apps.curation.services import rulings, screening
from apps.curation.services.claims import NO_CLAIMS, Claims
from apps.curation.services.neighbours import Search
from apps.curation.services.progress import Progress, silent
from apps.memories.models import Memory
from apps.spaces.models import Organisation, Space


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a run looks at.

    Attributes:
        memories: by row id, screened and consented.
        notes: the same, as the grouping sees them.
        search: of the spaces they lie in, for pairs that are alike.
        settings: policy values of the grouping.
        personal_space: row id of the personal space by person.
        marks: how many memories the screen kept back, by kind of mark.
        rulings: what reviewers said of these notes in their present words.
    """

    memories: dict[int, Memory]
    notes: tuple[Note, ...]
    search: Search
    settings: GroupingSettings
    personal_space: dict[int, int]
    marks: Counter[str]
    rulings: tuple[Ruling, ...] = ()

    def groups_as(self, other: "Gathered") -> bool:
        """Whether the same is to be grouped in the same way."""
        return (self.notes, self.settings, self.rulings) == (
            other.notes, other.settings, other.rulings,
        )  # fmt: skip

    def grouping(self, claims: Claims = NO_CLAIMS, progress: Progress = silent) -> Grouping:
        """The notes, ready to be grouped; `claims` make foreign ones comparable."""
        edges = [*self.search.alike(progress), *self.search.alike_to(claims)]
        progress("grouping", 0, 0)
        return Grouping(self.notes, edges, self.settings, claims=claims.texts, rulings=self.rulings)


def gather(
    organisation: Organisation,
    policy: PromotionPolicy,
    now: datetime,
    progress: Progress = silent,
    *,
    remember: bool = True,
) -> Gathered:
    """Read and screen the consenting personal memories of an organisation.

    Args:
        policy: window and values of the grouping.
        now: when the window ends.
        progress: told of gathering and screening; both write between their parts.
        remember: whether what the screen reads leaves its mark; not in a dry run.
    """
    progress("gathering", 0, 0)
    spaces = Space.objects.in_use_for_curation(organisation.pk).values_list("person_id", "pk")
    personal_space = dict(spaces)
    since = now - timedelta(days=policy.window_days)
    found = list(
        Memory.objects.for_promotion(personal_space.values(), now)
        .filter(created_at__gte=since)
        .select_related("author", "owner", "space")
        .order_by("pk")
    )
    memories, marks = screening.screened(found, progress, remember=remember)
    progress("searching", 0, 0)
    notes = tuple(note_of(memory) for memory in memories.values())
    return Gathered(
        memories=memories,
        notes=notes,
        search=Search(notes, list(personal_space.values())),
        settings=GroupingSettings(
            lexical_weight=policy.lexical_weight,
            link_threshold=policy.link_threshold,
            min_people=policy.min_independent_people,
            min_confidence=policy.min_confidence,
        ),
        personal_space=personal_space,
        marks=marks,
        rulings=rulings.on(memories, organisation),
    )


def note_of(memory: Memory) -> Note:
    """A memory as the certain rules and the grouping see it."""
    return Note(
        id=memory.pk,
        person=memory.owner_id,
        text=memory.text,
        kind=memory.kind,
        tags=tuple(memory.tags),
        metadata=memory.metadata,
        recorded_at=memory.created_at,
        language=memory.language,
    )
