"""A small OpenID provider over real HTTP that can also misbehave, one way at a time.

Signs with a real key and checks code, client, redirect address and PKCE. `tests/sso/` also runs the
library `oidc-provider-mock`, which is not ours, for what goes right.
"""

import base64
import hashlib
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask, jsonify, redirect, request
from werkzeug.serving import make_server

CLIENT, SECRET = "hub", "hub's own secret"


@dataclass
class Provider:
    """What it says of whoever signs in next, and how it cheats."""

    claims: dict[str, Any] = field(default_factory=dict)
    token: dict[str, Any] = field(default_factory=dict)  # overrides in the ID token
    info: dict[str, Any] = field(default_factory=dict)  # overrides in the user info
    cheat: str = ""  # "other key", "no token", "none algorithm", "other issuer", "down"
    url: str = ""
    key: Any = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    def will_say(self, **claims: Any) -> None:
        """Forget what was set before and sign this person in next."""
        self.claims, self.token, self.info, self.cheat = claims, {}, {}, ""

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce,
            **self.claims, **self.token,
        }  # fmt: skip
        if self.cheat == "none algorithm":
            return jwt.encode(claims, "", algorithm="none", headers={"kid": "one"})
        other = self.cheat == "other key"
        key = rsa.generate_private_key(65537, 2048) if other else self.key
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": "one"})


def serve(provider: Provider) -> Any:  # noqa: C901
    """Start it on a free port; returns the server, whose `shutdown` ends it."""
    app = Flask("provider")

    @app.get("/.well-known/openid-configuration")
    def discovery() -> Any:
        provider.seen.append("discovery")
        if provider.cheat == "down":
            return "gone", 503
        issuer = "https://elsewhere.example" if provider.cheat == "other issuer" else provider.url
        return jsonify(
            issuer=issuer,
            authorization_endpoint=f"{provider.url}/authorize",
            token_endpoint=f"{provider.url}/token",
            userinfo_endpoint=f"{provider.url}/userinfo",
            jwks_uri=f"{provider.url}/keys",
            token_endpoint_auth_methods_supported=["client_secret_post"],
        )

    @app.get("/authorize")
    def authorize() -> Any:
        asked = request.args
        if asked["client_id"] != CLIENT or asked["code_challenge_method"] != "S256":
            return "refused", 400
        code = secrets.token_urlsafe(12)
        provider.codes[code] = dict(asked)
        answer = urlencode({"code": code, "state": asked["state"]})
        return redirect(f"{asked['redirect_uri']}?{answer}")

    @app.post("/token")
    def token() -> Any:
        form = request.form
        asked = provider.codes.pop(form["code"], None)
        challenge = hashlib.sha256(form["code_verifier"].encode()).digest()
        encoded = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        if (
            asked is None
            or (form["client_id"], form["client_secret"]) != (CLIENT, SECRET)
            or form["redirect_uri"] != asked["redirect_uri"]
            or encoded != asked["code_challenge"]
        ):
            return jsonify(error="invalid_grant"), 400
        given = {"access_token": secrets.token_urlsafe(12), "token_type": "Bearer"}
        if provider.cheat != "no token":
            given["id_token"] = provider.id_token(asked.get("nonce", ""))
        return jsonify(given)

    @app.get("/userinfo")
    def userinfo() -> Any:
        return jsonify({**provider.claims, **provider.info})

    @app.get("/keys")
    def keys() -> Any:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(provider.key.public_key(), as_dict=True)
        return jsonify(keys=[{**public, "kid": "one", "use": "sig", "alg": "RS256"}])

    server = make_server("127.0.0.1", 0, app, threaded=True)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
