"""AWS Key Management Service, by boto3. Address, region and credentials as boto3 finds them."""

from dataclasses import dataclass, field
from typing import Any

from apps.vault.errors import KeeperUnavailable, Unopened
from apps.vault.keepers.extras import load
from apps.vault.keepers.protocol import Context

_NOT_OPENED = {"InvalidCiphertextException", "IncorrectKeyException"}


@dataclass(frozen=True, slots=True)
class AwsKeeper:
    """A symmetric KMS key; `key` is its id, ARN or alias. The context is its encryption context."""

    key: str
    client: Any = field(repr=False)
    name: str = "aws"

    def wrap(self, plaintext: bytes, context: Context) -> bytes:
        """By `Encrypt`."""
        answer = self._call(
            "encrypt", KeyId=self.key, Plaintext=plaintext, EncryptionContext=dict(context)
        )
        return bytes(answer["CiphertextBlob"])

    def unwrap(self, wrapped: bytes, context: Context, *, key: str) -> bytes:
        """By `Decrypt`, with the key that wrapped it and no other."""
        answer = self._call(
            "decrypt", KeyId=key, CiphertextBlob=wrapped, EncryptionContext=dict(context)
        )
        return bytes(answer["Plaintext"])

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        exceptions = load("botocore.exceptions", extra=self.name)
        try:
            answer: dict[str, Any] = getattr(self.client, operation)(**arguments)
        except exceptions.ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in _NOT_OPENED:
                raise Unopened(f"AWS KMS does not open this data key: {code}.") from error
            raise KeeperUnavailable(f"AWS KMS refuses: {code}.") from error
        except exceptions.BotoCoreError as error:
            raise KeeperUnavailable(f"AWS KMS: {type(error).__name__}.") from error
        return answer


def configured(key: str) -> AwsKeeper:
    """The keeper for that key."""
    return AwsKeeper(key, load("boto3", extra="aws").client("kms"))
