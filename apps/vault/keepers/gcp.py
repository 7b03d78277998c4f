"""Google Cloud KMS, by google-cloud-kms. Credentials as Google's libraries find them."""

from dataclasses import dataclass, field
from typing import Any

from apps.vault.errors import KeeperUnavailable, Unopened
from apps.vault.keepers.extras import load
from apps.vault.keepers.protocol import Context, associated


@dataclass(frozen=True, slots=True)
class GcpKeeper:
    """A symmetric key; `key` is its resource name, `projects/…/cryptoKeys/…`."""

    key: str
    client: Any = field(repr=False)
    name: str = "gcp"

    def wrap(self, plaintext: bytes, context: Context) -> bytes:
        """By its primary version, with the context as associated data."""
        answer = self._call(
            "encrypt",
            name=self.key,
            plaintext=plaintext,
            additional_authenticated_data=associated(context),
        )
        return bytes(answer.ciphertext)

    def unwrap(self, wrapped: bytes, context: Context, *, key: str) -> bytes:
        """The service finds the version that wrapped it."""
        answer = self._call(
            "decrypt",
            name=key,
            ciphertext=wrapped,
            additional_authenticated_data=associated(context),
        )
        return bytes(answer.plaintext)

    def _call(self, operation: str, **request: Any) -> Any:
        exceptions = load("google.api_core.exceptions", extra=self.name)
        try:
            return getattr(self.client, operation)(request=request)
        except exceptions.InvalidArgument as error:
            raise Unopened("Google Cloud KMS does not open this data key.") from error
        except exceptions.GoogleAPIError as error:
            raise KeeperUnavailable(f"Google Cloud KMS: {type(error).__name__}.") from error


def configured(key: str) -> GcpKeeper:
    """The keeper for that key."""
    return GcpKeeper(key, load("google.cloud.kms", extra="gcp").KeyManagementServiceClient())
