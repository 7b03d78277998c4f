"""The gate for what other rooms ask of a language model: the policy's day, and the screen."""

from apps.curation.core.screen import screen
from apps.curation.services import day, policies
from apps.providers.protocol import Spent
from apps.spaces.models import Organisation

SHARE = 0.5  # of a day's calls that background reading may use up; the night's run needs the rest


class PolicyGate:
    """Half of `model_calls_per_day` of the organisation space's policy, counted with all others."""

    def left(self, organisation_id: int) -> int:
        """Requests until half of today's are used, by whomever."""
        organisation = Organisation.objects.get(pk=organisation_id)
        limit = int(policies.of_organisation(organisation).model_calls_per_day * SHARE)
        return max(0, limit - day.calls(organisation_id))

    def spend(self, organisation_id: int, spent: Spent) -> None:
        """Count it to the organisation's day."""
        day.count(organisation_id, spent)

    def sayable(self, text: str) -> bool:
        """The screen finds nothing in it."""
        return not screen(text)
