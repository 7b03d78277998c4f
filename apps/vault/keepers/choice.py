"""Which keeper wraps now, and which one unwraps what another wrapped before."""

from collections.abc import Callable

from django.conf import settings

from apps.kernel.errors import Invalid
from apps.vault.errors import Unkept
from apps.vault.keepers import aws, azure, gcp, hashicorp, local
from apps.vault.keepers.protocol import Keeper

_REMOTE: dict[str, Callable[[str], Keeper]] = {
    "aws": aws.configured,
    "gcp": gcp.configured,
    "azure": azure.configured,
    "vault": hashicorp.configured,
}
NAMES = ("local", *_REMOTE)


def current() -> Keeper:
    """The keeper that wraps new data keys.

    Raises:
        Unkept: no key is configured.
        Invalid: the settings do not name a keeper and a key, or its package is not installed.
    """
    return named(settings.CREDENTIALS_KEEPER, settings.CREDENTIALS_KEY_NAME)


def named(name: str, key: str) -> Keeper:
    """The keeper of that name, for data keys wrapped by its `key`; raises as `current`."""
    if name == "local":
        return local.configured()
    if name not in _REMOTE:
        raise Invalid(f"CREDENTIALS_KEEPER must be one of: {', '.join(NAMES)}.")
    if not key:
        raise Unkept(f"CREDENTIALS_KEEPER={name} needs CREDENTIALS_KEY_NAME, the key to use there.")
    return _REMOTE[name](key)
