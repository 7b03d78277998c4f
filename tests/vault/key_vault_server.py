"""Azure Key Vault as far as its keys go: the challenge, the public half, and unwrapping.

https://learn.microsoft.com/rest/api/keyvault/keys/operation-groups
"""

import base64
import datetime as dt
import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from tests.vault import stand_in
from tests.vault.stand_in import Asked, Told

TOKEN = "vault-token"  # of the invented directory
VERSION = "0123456789abcdef0123456789abcdef"
_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _number(value: int) -> str:
    return _encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@dataclass
class KeyVault:
    """RSA keys by name, each in one version; `asked` are the operations that were answered."""

    keys: dict[str, rsa.RSAPrivateKey]
    asked: list[str] = field(default_factory=list)

    def answer(self, address: str, asked: Asked) -> Told:
        """As the service does it: nothing without a token, and told for whom to get one."""
        place = urlsplit(address).netloc
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            # the resource must be a domain that the vault's own name ends with
            login, resource = "https://login.invalid/tenant", f"https://{place.partition('.')[2]}"
            wanted = f'Bearer authorization="{login}", resource="{resource}"'
            return Told(401, _error("Unauthorized"), {"WWW-Authenticate": wanted})
        _, _, name, version, *operation = asked.path.partition("?")[0].split("/")
        key = self.keys.get(name) if version == VERSION else None
        if key is None:
            return Told(404, _error("KeyNotFound"), {})
        self.asked.append(operation[0] if operation else "get")
        kid = f"{address}/keys/{name}/{VERSION}"
        if not operation:
            return Told(200, _shown(kid, key), {})
        assert asked.body["alg"] == "RSA-OAEP-256"
        try:
            plain = key.decrypt(_decoded(asked.body["value"]), _OAEP)
        except ValueError:
            return Told(400, _error("BadParameter"), {})
        return Told(200, {"kid": kid, "value": _encoded(plain)}, {})


def _error(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": "no"}}


def _shown(kid: str, key: rsa.RSAPrivateKey) -> dict[str, Any]:
    public = key.public_key().public_numbers()
    return {
        "key": {
            "kid": kid, "kty": "RSA", "key_ops": ["wrapKey", "unwrapKey"],
            "n": _number(public.n), "e": _number(public.e),
        },
        "attributes": {"enabled": True, "created": 1, "updated": 1},
    }  # fmt: skip


@contextmanager
def serving(vault: KeyVault, folder: Path) -> Iterator[str]:
    """The address of a server of it; who calls it must trust `folder / "server.pem"`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(folder))
    where: list[str] = []
    with stand_in.serving(lambda asked: vault.answer(where[0], asked), tls=context) as address:
        where.append(address)
        yield address


def _certificate(folder: Path) -> Path:
    """A key and its own certificate for this machine's address, in one file."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    plain = serialization.NoEncryption()
    pkcs8 = serialization.PrivateFormat.PKCS8
    pem = serialization.Encoding.PEM
    path.write_bytes(key.private_bytes(pem, pkcs8, plain) + made.public_bytes(pem))
    return path
