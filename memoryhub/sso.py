"""`SSO_PROVIDERS` as the sign-in library wants it. Secrets may stand in files of their own."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from apps.identity.core import providers
from apps.identity.core.providers import Provider

_FROM_FILES = ("client_secret", "idp_certificate", "sp_certificate", "sp_private_key")


def read(raw: object) -> tuple[Provider, ...]:
    """Providers of the setting.

    Raises:
        ImproperlyConfigured: names the entry and field, or the file that cannot be read.
    """
    entries = [_filled(entry) for entry in raw] if isinstance(raw, list) else raw
    try:
        return providers.read(entries)
    except providers.ProvidersError as error:
        raise ImproperlyConfigured(str(error)) from error


def applications(configured: Iterable[Provider]) -> dict[str, Any]:
    """`SOCIALACCOUNT_PROVIDERS`: one application per provider, none in the database."""
    found: dict[str, Any] = {
        "openid_connect": {
            "provider_class": "apps.identity.sso.openid.provider.Provider",
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [],
        },
        "github": {
            "provider_class": "apps.identity.sso.github.provider.Provider",
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [],
        },
        "saml": {"provider_class": "apps.identity.sso.saml.provider.Provider", "APPS": []},
    }
    for provider in configured:
        kind = provider.kind if provider.kind in found else "openid_connect"
        found[kind]["APPS"].append(_application(provider))
    return found


def _application(provider: Provider) -> dict[str, Any]:
    """The library's words for one provider; SAML goes by our id where others have a client's."""
    settings = _saml(provider) if provider.kind == "saml" else _openid(provider)
    return {
        "provider_id": provider.id,
        "name": provider.name,
        "client_id": provider.id if provider.kind == "saml" else provider.client_id,
        "secret": provider.client_secret,
        "settings": settings,
    }


def _openid(provider: Provider) -> dict[str, Any]:
    usual = ("read:org", "user:email") if provider.kind == "github" else _OPENID_SCOPES
    scopes = list(dict.fromkeys([*usual, *provider.scopes]))
    return {"server_url": provider.server_url, "scope": scopes}


def _saml(provider: Provider) -> dict[str, Any]:
    """Strict throughout: signed assertions, no sign-in that the hub did not ask for."""
    signs = bool(provider.sp_private_key)
    return {
        "idp": {
            "entity_id": provider.idp_entity_id,
            "sso_url": provider.idp_sso_url,
            "x509cert": provider.idp_certificate,
        },
        "advanced": {
            "strict": True,
            "want_assertion_signed": True,
            "want_name_id": True,
            "reject_deprecated_algorithm": True,
            "reject_idp_initiated_sso": True,
            "authn_request_signed": signs,
            "metadata_signed": signs,
            "name_id_format": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            **({"x509cert": provider.sp_certificate} if provider.sp_certificate else {}),
            **({"private_key": provider.sp_private_key} if signs else {}),
        },
    }


_OPENID_SCOPES = ("openid", "profile", "email")


def _filled(entry: object) -> object:
    """`NAME_file` read into `NAME`."""
    if not isinstance(entry, Mapping):
        return entry
    named = {name: entry[f"{name}_file"] for name in _FROM_FILES if f"{name}_file" in entry}
    kept = {name: value for name, value in entry.items() if name.removesuffix("_file") not in named}
    return {**kept, **{name: _read(name, path) for name, path in named.items()}}


def _read(name: str, path: object) -> str:
    try:
        return Path(str(path)).read_text().strip()
    except OSError as error:
        problem = f"SSO_PROVIDERS: {name}_file cannot be read: {error.strerror}."
        raise ImproperlyConfigured(problem) from error
