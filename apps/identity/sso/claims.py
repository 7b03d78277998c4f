"""What the libraries hand over about somebody, as the service wants it."""

from collections.abc import Iterable, Mapping
from typing import Any

from apps.identity.core.providers import Provider
from apps.identity.services.sign_in import Asserted

MAX_GROUPS, MAX_GROUP_LENGTH = 2_000, 256


class UnusableError(Exception):
    """What the provider said cannot be used; `code` says why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def of_openid(chosen: Provider, data: Mapping[str, Any], *, nonce: object) -> Asserted:
    """Claims of a checked ID token, completed by the user info.

    Raises:
        UnusableError: another sign-in's token, or groups left out because they are too many.
    """
    token, info = data["id_token"], data["userinfo"]
    if not nonce or token.get("nonce") != nonce:
        raise UnusableError("wrong_nonce")
    groups = _at(info, chosen.groups_claim)
    if groups is None and _too_many(info, chosen.groups_claim):
        raise UnusableError("too_many_groups")
    return Asserted(
        issuer=str(token["iss"]),
        subject=_subject(token["sub"]),
        email=_email(info.get("email")),
        email_verified=chosen.trust_email or info.get("email_verified") in (True, "true"),
        name=_line(info.get("name") or info.get("preferred_username")),
        groups=_groups(groups),
    )


def of_github(data: Mapping[str, Any], addresses: Iterable[Any]) -> Asserted:
    """GitHub's profile, the primary verified address, organisations and teams."""
    main = next((each for each in addresses if each.primary and each.verified), None)
    return Asserted(
        issuer="https://github.com",
        subject=_subject(data["id"]),
        email=_email(main.email if main else None),
        email_verified=main is not None,
        name=_line(data.get("name") or data.get("login")),
        groups=_groups(data.get("groups")),
    )


def of_saml(chosen: Provider, data: Mapping[str, Any]) -> Asserted:
    """A checked assertion's subject and attributes.

    Raises:
        UnusableError: its subject is another one at every sign-in.
    """
    if str(data["name_id_format"]).endswith(":transient") or not data["name_id"]:
        raise UnusableError("no_stable_subject")
    attributes = data["attributes"]
    email = _first(attributes, chosen.email_attribute or "email", *_SAML_EMAIL)
    if not email and str(data["name_id_format"]).endswith(":emailAddress"):
        email = data["name_id"]
    return Asserted(
        issuer=chosen.idp_entity_id,
        subject=_subject(data["name_id"]),
        email=_email(email),
        email_verified=chosen.trust_email,
        name=_line(_first(attributes, chosen.name_attribute or "name", *_SAML_NAME)),
        groups=_groups(attributes.get(chosen.groups_claim)),
    )


_SAML_EMAIL = (
    "mail",
    "urn:oid:0.9.2342.19200300.100.1.3",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
)
_SAML_NAME = (
    "displayName",
    "urn:oid:2.16.840.1.113730.3.1.241",
    "http://schemas.microsoft.com/identity/claims/displayname",
)


def _first(attributes: Mapping[str, Any], *names: str) -> object:
    values = [attributes.get(name) for name in names]
    return next((value[0] for value in values if isinstance(value, list) and value), None)


def _at(claims: Mapping[str, Any], path: str) -> object:
    """A claim by its name; failing that, by a path with dots."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _too_many(claims: Mapping[str, Any], claim: str) -> bool:
    """Microsoft names a place to ask instead of more than 200 groups."""
    named = claims.get("_claim_names")
    return bool(claims.get("hasgroups")) or (isinstance(named, dict) and claim in named)


def _groups(value: object) -> frozenset[str]:
    """Texts of a list, or one text; whatever else there is counts for nothing."""
    found = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    texts = [item.strip() for item in found[:MAX_GROUPS] if isinstance(item, str)]
    return frozenset(text for text in texts if 0 < len(text) <= MAX_GROUP_LENGTH and text != "*")


def _subject(value: object) -> str:
    subject = str(value)
    if not 0 < len(subject) <= 255 or not subject.isprintable():
        raise UnusableError("no_stable_subject")
    return subject


def _email(value: object) -> str:
    text = value.strip().lower() if isinstance(value, str) else ""
    usable = len(text) <= 254 and text.isprintable() and text.count("@") == 1
    return text if usable and " " not in text else ""


def _line(value: object) -> str:
    text = value if isinstance(value, str) else ""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:120]
