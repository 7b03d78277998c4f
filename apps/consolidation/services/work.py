"""What the steps of one run share: the space, its policy, who acts, and the beat of the run."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from time import monotonic

from apps.accounts.actors import of_user
from apps.consolidation.core.pieces import Piece
from apps.consolidation.core.policy import MODEL_OF_THE_HUB, NO_MODEL, ArchivistPolicy
from apps.consolidation.models import ConsolidationRun
from apps.consolidation.services import identity, reading
from apps.consolidation.services.changes import Hand
from apps.kernel import clock
from apps.providers import language
from apps.providers.language import LanguageModel
from apps.spaces.models import Space

SILENCE = timedelta(minutes=2)  # after which a run counts as without a worker
_EVERY = 5.0  # seconds between two beats

Follow = Callable[[str, int, int], None]
"""Takes the step, what is done in it, and what there is to do in it; 0 where it is not counted."""


def silent(_step: str, _done: int, _total: int) -> None:
    """Tells nobody."""


class Work:
    """One run at work.

    Attributes:
        now: the run's own moment: a resumed run decides by the time it began.
        tokens: spent on language models so far, by this worker.
    """

    def __init__(
        self,
        run: ConsolidationRun,
        version: int,
        policy: ArchivistPolicy,
        follow: Follow = silent,
    ) -> None:
        """Prepare; `version` is that of the policy."""
        self.run = run
        self.space = run.space
        self.version = version
        self.policy = policy
        self.now: datetime = run.started_at or clock.now()
        self.tokens = 0
        self._follow = follow
        self._told = 0.0

    @property
    def dry(self) -> bool:
        """Whether nothing may change."""
        return self.run.dry

    @cached_property
    def hand(self) -> Hand:
        """The archivist, for this run."""
        organisation = self.space.organisation
        actor = of_user(identity.of(organisation))
        return Hand(actor=actor, by=identity.by(organisation), run=self.run)

    @cached_property
    def model(self) -> LanguageModel | None:
        """The language model that the policy names; None for none."""
        if self.policy.model == NO_MODEL:
            return None
        if self.policy.model == MODEL_OF_THE_HUB:
            return language.get_language_model()
        return language.get_chosen_model(self.policy.model)

    def pieces(self) -> Mapping[int, Piece]:
        """What may be touched, as it is now."""
        return reading.pieces(reading.candidates(self.space, self.now))

    def beat(self, step: str, done: int = 0, total: int = 0) -> None:
        """Say that the run is alive and where it is."""
        self._follow(step, done, total)
        if monotonic() - self._told < _EVERY:
            return
        self._told = monotonic()
        self.run.beat_at = clock.now()
        self.run.save(update_fields=["beat_at"])


class Aside(Work):
    """Work beside runs: a brief that is made anew, a prompt that is tried. It leaves no run."""

    def __init__(self, space: Space, version: int, policy: ArchivistPolicy, *, dry: bool) -> None:
        """Prepare; `version` is that of the policy."""
        now = clock.now()
        run = ConsolidationRun(space=space, dry=dry, created_at=now, started_at=now)
        super().__init__(run, version, policy)

    def beat(self, step: str, done: int = 0, total: int = 0) -> None:
        """Nobody waits for a sign of life."""
