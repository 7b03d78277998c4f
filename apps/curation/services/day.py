"""What an organisation has asked of language models today, UTC, whichever room asked."""

from django.db import transaction
from django.db.models import F

from apps.curation.models import ModelUse
from apps.kernel import clock
from apps.providers.protocol import Spent


def calls(organisation_id: int) -> int:
    """Requests so far."""
    used = ModelUse.objects.filter(organisation_id=organisation_id, day=clock.now().date())
    return used.values_list("calls", flat=True).first() or 0


@transaction.atomic
def count(organisation_id: int, spent: Spent) -> None:
    """Add what was spent."""
    use, _ = ModelUse.objects.get_or_create(organisation_id=organisation_id, day=clock.now().date())
    ModelUse.objects.filter(pk=use.pk).update(
        calls=F("calls") + spent.calls, tokens=F("tokens") + spent.tokens
    )
