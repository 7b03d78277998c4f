"""HashiCorp Vault's transit engine (and OpenBao's), by hvac: VAULT_ADDR and VAULT_TOKEN."""

import base64
from dataclasses import dataclass, field
from typing import Any

from apps.vault.errors import KeeperUnavailable, Unopened
from apps.vault.keepers.extras import load
from apps.vault.keepers.protocol import Context, bound, unbound


@dataclass(frozen=True, slots=True)
class HashicorpKeeper:
    """A transit key; `key` is `mount/name`, or `name` for the mount `transit`.

    Older servers know no associated data, so a digest of the context is wrapped with the data key.
    """

    key: str
    client: Any = field(repr=False)
    name: str = "vault"

    def wrap(self, plaintext: bytes, context: Context) -> bytes:
        """By the key's newest version; the answer names it (`vault:v3:…`)."""
        encoded = base64.b64encode(bound(plaintext, context)).decode()
        answer = self._call("encrypt_data", self.key, plaintext=encoded)
        return str(answer["data"]["ciphertext"]).encode()

    def unwrap(self, wrapped: bytes, context: Context, *, key: str) -> bytes:
        """By the version that its beginning names."""
        answer = self._call("decrypt_data", key, ciphertext=wrapped.decode(errors="replace"))
        return unbound(base64.b64decode(answer["data"]["plaintext"]), context)

    def _call(self, operation: str, key: str, **arguments: str) -> dict[str, Any]:
        hvac = load("hvac.exceptions", extra=self.name)
        requests = load("requests", extra=self.name)
        mount, _, name = key.rpartition("/")
        transit = self.client.secrets.transit
        try:
            answer: dict[str, Any] = getattr(transit, operation)(
                name=name, mount_point=mount or "transit", **arguments
            )
        except hvac.InvalidRequest as error:
            raise Unopened(f"Vault does not open this data key by {key!r}.") from error
        except (hvac.VaultError, requests.RequestException) as error:
            raise KeeperUnavailable(f"Vault: {type(error).__name__}.") from error
        return answer


def configured(key: str) -> HashicorpKeeper:
    """The keeper for that key; hvac reads address and token from the environment."""
    return HashicorpKeeper(key, load("hvac", extra="vault").Client(timeout=10))
