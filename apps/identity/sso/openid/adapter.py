"""Fetching and checking what an OpenID provider says of somebody."""

from collections.abc import Mapping
from typing import Any

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
_LEEWAY_SECONDS = 60  # clocks of two machines


class Adapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """Checks the ID token's signature, also where TLS already vouches for it, and that it speaks
    of the same subject as the user info."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """The discovery document; it must name the issuer that the settings name."""
        found: dict[str, Any] = super().openid_config
        configured = str(self.get_provider().app.settings["server_url"])
        if str(found.get("issuer", "")).rstrip("/") != configured:
            raise OAuth2Error("The discovery document names another issuer.")
        return found

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        presented = kwargs["response"].get("id_token")
        if not isinstance(presented, str):
            raise OAuth2Error("The provider gave no ID token.")
        config = self.openid_config
        claims = verified(
            presented, keys=self._keys(config), issuer=config["issuer"], audience=app.client_id
        )
        info = self._info(token.token) if config.get("userinfo_endpoint") else {}
        if info and info.get("sub") != claims["sub"]:
            raise OAuth2Error("The user info is about somebody else.")
        return self.get_provider().sociallogin_from_response(
            request, {"userinfo": {**claims, **info}, "id_token": claims}
        )

    def _info(self, access_token: str) -> dict[str, Any]:
        info = self._fetch_user_info(access_token)
        if not isinstance(info, dict):
            raise OAuth2Error("The user info is no object.")
        return info

    def _keys(self, config: Mapping[str, Any]) -> Any:
        with get_adapter().get_requests_session() as session:
            answer = session.get(config["jwks_uri"])
            answer.raise_for_status()
            return answer.json()


def verified(presented: str, *, keys: Any, issuer: str, audience: str) -> dict[str, Any]:
    """Claims of an ID token that is signed by one of `keys` (a JWK set), for us, and in date.

    Raises:
        OAuth2Error: anything about it is not so; says what, without the token.

    Source:
        OpenID Connect Core 1.0, section 3.1.3.7.
    """
    try:
        key = _key(jwt.get_unverified_header(presented).get("kid"), keys)
        claims: dict[str, Any] = jwt.decode(
            presented,
            key,
            algorithms=list(ALGORITHMS),
            audience=audience,
            issuer=issuer,
            leeway=_LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except (jwt.PyJWTError, TypeError, ValueError, KeyError) as error:
        raise OAuth2Error(f"Invalid ID token: {type(error).__name__}") from error
    if claims.get("azp", audience) != audience or not str(claims["sub"]):
        raise OAuth2Error("The ID token was issued to another client.")
    return claims


def _key(kid: str | None, keys: Any) -> jwt.PyJWK:
    every = jwt.PyJWKSet.from_dict(keys).keys
    known = [key for key in every if key.public_key_use in {None, "sig"}]
    fitting = [key for key in known if key.key_id == kid] if kid else known
    if len(fitting) != 1:
        raise KeyError("no such key")
    return fitting[0]
