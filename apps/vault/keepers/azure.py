"""Azure Key Vault, by azure-keyvault-keys. Credentials as azure-identity finds them."""

from dataclasses import dataclass, field
from typing import Any

from apps.vault.errors import KeeperUnavailable, Unopened
from apps.vault.keepers.extras import load
from apps.vault.keepers.protocol import Context, bound, unbound


@dataclass(frozen=True, slots=True)
class AzureKeeper:
    """An RSA key of 2048 bits or more; `key` is its address with the version.

    Wrapping knows no associated data there, so a digest of the context is wrapped with the key.
    """

    key: str
    credential: Any = field(repr=False)
    name: str = "azure"

    def wrap(self, plaintext: bytes, context: Context) -> bytes:
        """By RSA-OAEP with SHA-256."""
        answer = self._call(self.key, "wrap_key", bound(plaintext, context))
        return bytes(answer.encrypted_key)

    def unwrap(self, wrapped: bytes, context: Context, *, key: str) -> bytes:
        """By the version that wrapped it."""
        return unbound(bytes(self._call(key, "unwrap_key", wrapped).key), context)

    def _call(self, key: str, operation: str, value: bytes) -> Any:
        crypto = load("azure.keyvault.keys.crypto", extra=self.name)
        exceptions = load("azure.core.exceptions", extra=self.name)
        try:
            with crypto.CryptographyClient(key, self.credential) as client:
                # As the library's own value: a text would not wrap here by the public half
                algorithm = crypto.KeyWrapAlgorithm.rsa_oaep_256
                return getattr(client, operation)(algorithm, value)
        except exceptions.HttpResponseError as error:
            if error.status_code == 400:
                raise Unopened("Azure Key Vault does not open this data key.") from error
            raise KeeperUnavailable(f"Azure Key Vault refuses: {error.status_code}.") from error
        except exceptions.AzureError as error:
            raise KeeperUnavailable(f"Azure Key Vault: {type(error).__name__}.") from error


def configured(key: str) -> AzureKeeper:
    """The keeper for that key."""
    return AzureKeeper(key, load("azure.identity", extra="azure").DefaultAzureCredential())
