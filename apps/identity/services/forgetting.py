"""What an erasure takes from here."""

from collections import Counter

from allauth.mfa.models import Authenticator
from django.db import transaction

from apps.accounts.models import User
from apps.identity.models import BreakGlass, DirectoryPerson, Identity, ManagedGrant


@transaction.atomic
def forget(person: User) -> Counter[str]:
    """Delete how providers and directories know the person, marks and codes; rows by table."""
    person.directory_groups.clear()
    models = (Identity, DirectoryPerson, ManagedGrant, BreakGlass)
    counts = Counter(
        {
            model._meta.db_table: model._default_manager.filter(person=person).delete()[0]  # noqa: SLF001
            for model in models
        }
    )
    counts["mfa_authenticator"] = Authenticator.objects.filter(user=person).delete()[0]
    return counts
