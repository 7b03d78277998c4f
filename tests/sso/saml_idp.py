"""A SAML identity provider's side: signs real responses with a key of its own."""

import base64
import datetime as dt
import secrets
import zlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Names
from onelogin.saml2.utils import OneLogin_Saml2_Utils as Utils

ENTITY = "https://idp.example.org/entity"
SSO_URL = "https://idp.example.org/sso"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"


def key_and_certificate() -> tuple[str, str]:
    """PEM of a new private key and of its own certificate."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example.org")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode()


def asked(address: str) -> tuple[str, dict[str, list[str]]]:
    """Id of the request in an address that leads to the provider, and its parameters."""
    parameters = parse_qs(urlsplit(address).query)
    xml = zlib.decompress(base64.b64decode(parameters["SAMLRequest"][0]), -15)
    return ElementTree.fromstring(xml).attrib["ID"], parameters


@dataclass
class Answer:
    """What a response says; every field can be set wrong."""

    in_response_to: str
    acs: str
    audience: str
    subject: str = "saml-1"
    format: str = PERSISTENT
    email: str = "hana@example.org"
    groups: tuple[str, ...] = ("Blue reviewers",)
    issuer: str = ENTITY
    valid_for: dt.timedelta = field(default_factory=lambda: dt.timedelta(minutes=5))

    def xml(self) -> str:
        now = dt.datetime.now(dt.UTC)
        at, until = (t.strftime("%Y-%m-%dT%H:%M:%SZ") for t in (now, now + self.valid_for))
        attributes = (
            _attribute("email", self.email)
            + _attribute("displayName", "Hana Mori")
            + _attribute("groups", *self.groups)
        )
        return f"""<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
 xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_r{secrets.token_hex(8)}" Version="2.0"
 IssueInstant="{at}" Destination="{self.acs}" InResponseTo="{self.in_response_to}">
<saml:Issuer>{self.issuer}</saml:Issuer><samlp:Status>
<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
<saml:Assertion ID="_a{secrets.token_hex(8)}" Version="2.0" IssueInstant="{at}">
<saml:Issuer>{self.issuer}</saml:Issuer><saml:Subject>
<saml:NameID Format="{self.format}">{self.subject}</saml:NameID>
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
<saml:SubjectConfirmationData NotOnOrAfter="{until}" Recipient="{self.acs}"
 InResponseTo="{self.in_response_to}"/></saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{at}" NotOnOrAfter="{until}"><saml:AudienceRestriction>
<saml:Audience>{self.audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>
<saml:AuthnStatement AuthnInstant="{at}" SessionIndex="_s1"><saml:AuthnContext>
<saml:AuthnContextClassRef>{Names.AC_PASSWORD}</saml:AuthnContextClassRef>
</saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>{attributes}</saml:AttributeStatement>
</saml:Assertion></samlp:Response>"""

    def signed(self, key: str, certificate: str) -> Any:
        """Base64 of the response with a signed assertion."""
        document = ElementTree.fromstring(self.xml())
        assertion = document.find("{urn:oasis:names:tc:SAML:2.0:assertion}Assertion")
        assert assertion is not None
        signed: Any = Utils.add_sign(
            ElementTree.tostring(assertion), key, certificate,
            sign_algorithm=Names.RSA_SHA256, digest_algorithm=Names.SHA256,
        )  # fmt: skip
        document.remove(assertion)
        text = ElementTree.tostring(document, encoding="unicode")
        end = text.rindex("</")
        whole = text[:end] + signed.decode() + text[end:]
        return base64.b64encode(whole.encode()).decode()

    def unsigned(self) -> str:
        """Base64 of the response as it is."""
        return base64.b64encode(self.xml().encode()).decode()


def _attribute(name: str, *values: str) -> str:
    inside = "".join(f"<saml:AttributeValue>{value}</saml:AttributeValue>" for value in values)
    return f'<saml:Attribute Name="{name}">{inside}</saml:Attribute>'
