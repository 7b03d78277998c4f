"""What a policy would archive by when, in the spaces somebody reviews. Looking changes nothing."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from apps.decay.core import forecast as core
from apps.decay.core.forecast import Forecast
from apps.decay.services import reckoning
from apps.kernel import clock, isolation
from apps.kernel.errors import Forbidden, Invalid
from apps.memories.models import Memory, Status
from apps.spaces import access

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


def seen_by(
    actor: "Actor", *, values: Mapping[str, Any] | None = None, months: int = 6
) -> Forecast:
    """The forecast for the spaces that the actor reviews, and the actor's own.

    Args:
        actor: who asks.
        values: decay values to try instead of those in force.
        months: how far to look, 1 to 60.

    Raises:
        Forbidden: the actor reviews nowhere.
        Invalid: a value that is no decay value or out of range, or months out of range.
    """
    resolved = access.of(actor)
    if resolved.organisation_id is None or not resolved.ids("review"):
        raise Forbidden("Only reviewers ask for forecasts.")
    own = {resolved.personal_id} - {None}
    spaces = resolved.ids("review") | {pk for pk in own if pk is not None}
    # Who confirmed, reported and read is counted; whose tasks they were is not told
    with isolation.reaching("organisation"):
        return of_spaces(resolved.organisation_id, spaces=spaces, values=values, months=months)


def of_spaces(
    organisation_id: int,
    *,
    spaces: Collection[int] | None = None,
    values: Mapping[str, Any] | None = None,
    months: int = 6,
) -> Forecast:
    """The forecast for spaces of an organisation; for all of them when none are named.

    Raises:
        Invalid: as `seen_by`.
    """
    now = clock.now()
    try:
        moments = core.days(now, months)
        groups = reckoning.groups(organisation_id, spaces=spaces, values=values)
    except ValueError as error:
        attr = "months" if str(error).startswith("months") else "values"
        raise Invalid(f"{error}.", attr=attr) from error
    fading: Counter[int] = Counter()
    kinds: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    for group in groups:
        for kind, shield, place, count in reckoning.by_month(group, now, moments):
            if shield:
                kept[shield] += count
            else:
                fading[place] += count
                kinds[kind] += count
    active = Memory.objects.filter(organisation=organisation_id, status=Status.ACTIVE)
    counted = active if spaces is None else active.filter(space_id__in=spaces)
    return Forecast(counted.count(), dict(kept), core.points(moments, fading), dict(kinds))
