"""Which spaces are due, from what the database knows of them."""

from collections.abc import Iterator
from datetime import datetime

from apps.consolidation.core.schedule import Standing, due
from apps.consolidation.models import ConsolidationRun
from apps.consolidation.services.policies import Policies
from apps.memories.models import Memory
from apps.spaces.models import Organisation, Space


def due_spaces(now: datetime) -> Iterator[tuple[Space, str]]:
    """Spaces that take writes and are due, each with the reason, organisation by organisation."""
    for organisation in Organisation.objects.filter(read_only=False).order_by("pk"):
        policies = Policies(organisation.pk)
        spaces = Space.objects.filter(organisation=organisation, read_only=False)
        for space in spaces.select_related("organisation").order_by("pk"):
            policy = policies.of(space.pk).policy
            if not policy.enabled:
                continue
            why = due(standing(space, policy.after_writes), policy, now)
            if why:
                yield space, why


def standing(space: Space, enough: int) -> Standing:
    """What is known of a space; `written` is not counted beyond `enough`."""
    runs = ConsolidationRun.objects.filter(space=space, dry=False)
    last = runs.complete().order_by("-id").values_list("started_at", flat=True).first()
    newest = runs.order_by("-id").first()
    tried = (newest.started_at or newest.created_at) if newest else None
    memories = Memory.objects.filter(space=space)
    since = memories.filter(created_at__gt=last) if last else memories
    written = since.exclude(source="consolidation").order_by("-created_at").values("pk")
    return Standing(
        last=last,
        tried=tried,
        written=written[:enough].count(),
        memories=memories.filter(status="active").exists(),
    )
