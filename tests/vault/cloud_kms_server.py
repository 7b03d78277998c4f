"""Google Cloud KMS as far as `Encrypt` and `Decrypt` go: its gRPC service, messages and errors.

https://cloud.google.com/kms/docs/reference/rpc/google.cloud.kms.v1
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.vault import stand_in

SERVICE = "google.cloud.kms.v1.KeyManagementService"


@dataclass
class CloudKms:
    """Keys by resource name; `routed` are the routing headers that came with the calls."""

    keys: dict[str, bytes]
    routed: list[str] = field(default_factory=list)

    def encrypt(self, request: Any, call: Any) -> Any:
        """By the key's only version."""
        from google.cloud.kms_v1 import EncryptResponse  # noqa: PLC0415  optional

        key = self._key(request, call)
        blob = stand_in.sealed(key, request.plaintext, request.additional_authenticated_data)
        return EncryptResponse(name=f"{request.name}/cryptoKeyVersions/1", ciphertext=blob)

    def decrypt(self, request: Any, call: Any) -> Any:
        """INVALID_ARGUMENT for what this key did not make, or for another context."""
        import grpc  # noqa: PLC0415  optional
        from google.cloud.kms_v1 import DecryptResponse  # noqa: PLC0415  optional

        key = self._key(request, call)
        plain = stand_in.opened(key, request.ciphertext, request.additional_authenticated_data)
        if plain is None:
            call.abort(grpc.StatusCode.INVALID_ARGUMENT, "Decryption failed")
        return DecryptResponse(plaintext=plain, used_primary=True)

    def _key(self, request: Any, call: Any) -> bytes:
        import grpc  # noqa: PLC0415  optional

        metadata = dict(call.invocation_metadata())
        self.routed.append(metadata["x-goog-request-params"])
        if request.name not in self.keys:
            call.abort(grpc.StatusCode.NOT_FOUND, "no such key")
        return self.keys[request.name]


@contextmanager
def serving(kms: CloudKms) -> Iterator[Any]:
    """A client of Google's own library whose calls go to a server of it."""
    import grpc  # noqa: PLC0415  optional
    from google.cloud import kms_v1  # noqa: PLC0415  optional
    from google.cloud.kms_v1.services.key_management_service import transports  # noqa: PLC0415

    methods = {
        name: grpc.unary_unary_rpc_method_handler(
            answer, request_deserializer=given.deserialize, response_serializer=told.serialize
        )
        for name, answer, given, told in (
            ("Encrypt", kms.encrypt, kms_v1.EncryptRequest, kms_v1.EncryptResponse),
            ("Decrypt", kms.decrypt, kms_v1.DecryptRequest, kms_v1.DecryptResponse),
        )
    }
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, methods),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    transport = transports.KeyManagementServiceGrpcTransport
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield kms_v1.KeyManagementServiceClient(transport=transport(channel=channel))
        server.stop(None).wait()
