"""The gate for what other rooms ask of a language model: the policy's day, and the screen."""

from django.db import transaction
from django.db.models import F

from apps.curation.core.screen import screen
from apps.curation.models import ModelUse
from apps.curation.services import policies
from apps.kernel import clock
from apps.providers.protocol import Spent
from apps.spaces.models import Organisation

SHARE = 0.5  # of a day's calls that background reading may use up; the night's run needs the rest


class PolicyGate:
    """Half of `model_calls_per_day` of the organisation space's policy, counted with all others."""

    def left(self, organisation_id: int) -> int:
        """Requests until half of today's are used, by whomever."""
        organisation = Organisation.objects.get(pk=organisation_id)
        limit = int(policies.of_organisation(organisation).model_calls_per_day * SHARE)
        used = ModelUse.objects.filter(organisation=organisation, day=clock.now().date())
        return max(0, limit - (used.values_list("calls", flat=True).first() or 0))

    @transaction.atomic
    def spend(self, organisation_id: int, spent: Spent) -> None:
        """Count it to the organisation's day."""
        use, _ = ModelUse.objects.get_or_create(
            organisation_id=organisation_id, day=clock.now().date()
        )
        ModelUse.objects.filter(pk=use.pk).update(
            calls=F("calls") + spent.calls, tokens=F("tokens") + spent.tokens
        )

    def sayable(self, text: str) -> bool:
        """The screen finds nothing in it."""
        return not screen(text)
