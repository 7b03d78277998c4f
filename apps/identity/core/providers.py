"""Identity providers as `SSO_PROVIDERS` describes them; what is wrong is named by its field."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

OPENID = ("google", "entra", "okta", "keycloak", "oidc")
KINDS = (*OPENID, "github", "saml")
EVERYBODY = "*"
_NAMES = {
    "google": "Google",
    "entra": "Microsoft",
    "okta": "Okta",
    "keycloak": "Keycloak",
    "oidc": "Single sign-on",
    "github": "GitHub",
    "saml": "SAML",
}
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,29}")
_DOMAIN = re.compile(r"(?:[a-z0-9-]+\.)+[a-z0-9-]+")
_HERE = {"localhost", "127.0.0.1", "::1"}
_TEXTS = (
    "id", "kind", "name", "organisation", "server_url", "tenant", "client_id", "client_secret",
    "groups_claim", "idp_entity_id", "idp_sso_url", "idp_certificate", "sp_certificate",
    "sp_private_key", "email_attribute", "name_attribute",
)  # fmt: skip
_OTHERS = ("domains", "trust_email", "scopes")


class ProvidersError(ValueError):
    """Says which entry and field of the setting is wrong, without its value."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One identity provider.

    Attributes:
        id: slug in addresses and in mappings, up to 30 of a-z, 0-9 and hyphen.
        kind: one of `KINDS`.
        name: what the button says.
        organisation: name or public id of the organisation it signs in to; "" for the only one.
        domains: e-mail domains it speaks for, in lower case; `*` for any, which links nothing.
        trust_email: an address counts as verified without a claim that says so.
        groups_claim: claim or attribute with the groups; dots go into nested claims.
        scopes: asked for besides the usual ones.
    """

    id: str
    kind: str
    name: str
    organisation: str = ""
    domains: tuple[str, ...] = ()
    trust_email: bool = False
    groups_claim: str = "groups"
    scopes: tuple[str, ...] = ()
    server_url: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    idp_entity_id: str = ""
    idp_sso_url: str = ""
    idp_certificate: str = ""
    sp_certificate: str = ""
    sp_private_key: str = field(default="", repr=False)
    email_attribute: str = ""
    name_attribute: str = ""

    def speaks_for(self, email: str) -> bool:
        """Whether the address is in one of the provider's own domains; `*` is none of them."""
        return email.rpartition("@")[2].lower() in self.domains

    def admits(self, email: str) -> bool:
        """Whether somebody new may come with this address."""
        return EVERYBODY in self.domains or self.speaks_for(email)


def read(raw: object) -> tuple[Provider, ...]:
    """Providers of the JSON list in `SSO_PROVIDERS`, secrets filled in already.

    Raises:
        ProvidersError: an entry or a field is wrong.
    """
    if not isinstance(raw, list):
        raise ProvidersError("SSO_PROVIDERS must be a JSON list of objects.")
    found = tuple(_provider(entry, number) for number, entry in enumerate(raw))
    ids = [provider.id for provider in found]
    if len(ids) != len(set(ids)):
        raise ProvidersError("SSO_PROVIDERS: two entries have the same id.")
    if sum(provider.kind == "github" for provider in found) > 1:
        raise ProvidersError("SSO_PROVIDERS: only one entry may be of kind github.")
    return found


def _provider(entry: object, number: int) -> Provider:
    where = f"SSO_PROVIDERS[{number}]"
    if not isinstance(entry, dict):
        raise ProvidersError(f"{where} must be an object.")
    unknown = sorted(set(entry) - {*_TEXTS, *_OTHERS})
    if unknown:
        raise ProvidersError(f"{where} has unknown fields: {', '.join(unknown)}.")
    texts = {name: _text(entry, name, where) for name in _TEXTS}
    kind, slug = texts["kind"], texts["id"]
    if kind not in KINDS:
        raise ProvidersError(f"{where}.kind must be one of: {', '.join(KINDS)}.")
    if not _ID.fullmatch(slug):
        raise ProvidersError(f"{where}.id must be 1 to 30 of a-z, 0-9 and hyphen.")
    tenant = texts.pop("tenant")
    texts["server_url"] = _server(kind, texts["server_url"], tenant, where)
    texts["groups_claim"] = texts["groups_claim"] or "groups"
    texts["name"] = texts["name"] or _NAMES[kind]
    _need(texts, _required(kind), where)
    return Provider(
        **texts,
        domains=_domains(entry.get("domains", []), where),
        scopes=_strings(entry.get("scopes", []), f"{where}.scopes"),
        trust_email=_flag(entry.get("trust_email", False), f"{where}.trust_email"),
    )


def _required(kind: str) -> Sequence[str]:
    if kind == "saml":
        return ("idp_entity_id", "idp_sso_url", "idp_certificate")
    return ("client_id", "client_secret")


def _need(texts: Mapping[str, str], names: Sequence[str], where: str) -> None:
    for name in names:
        if not texts[name]:
            raise ProvidersError(f"{where}.{name} is missing.")


def _server(kind: str, url: str, tenant: str, where: str) -> str:
    """Address of an OpenID provider's issuer, without a slash at its end."""
    if kind == "google":
        url = url or "https://accounts.google.com"
    if kind == "entra" and not url:
        if not tenant or tenant in {"common", "organizations", "consumers"}:
            raise ProvidersError(f"{where}.tenant must be the id of one tenant.")
        url = f"https://login.microsoftonline.com/{tenant}/v2.0"
    if kind not in OPENID:
        return ""
    parts = urlsplit(url)
    if (parts.scheme != "https" and parts.hostname not in _HERE) or not parts.hostname:
        raise ProvidersError(f"{where}.server_url must be an https address.")
    return url.rstrip("/")


def _text(entry: Mapping[str, Any], name: str, where: str) -> str:
    value = entry.get(name, "")
    if not isinstance(value, str):
        raise ProvidersError(f"{where}.{name} must be text.")
    return value.strip()


def _domains(value: object, where: str) -> tuple[str, ...]:
    domains = tuple(domain.lower() for domain in _strings(value, f"{where}.domains"))
    if not domains:
        raise ProvidersError(
            f"{where}.domains is missing: e-mail domains that it speaks for, or *."
        )
    if any(domain != EVERYBODY and not _DOMAIN.fullmatch(domain) for domain in domains):
        raise ProvidersError(f"{where}.domains must be names such as example.org, or *.")
    return domains


def _strings(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ProvidersError(f"{where} must be a list of texts.")
    return tuple(item.strip() for item in value)


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise ProvidersError(f"{where} must be true or false.")
    return value
