"""Who gets in where others than the agents' API ask: sign-ins, directories, one's own account.

A row per route, as in `permission_table.py`; a route without one fails the build. `{id}` is Bob,
a group of Aldermoor's directory, or what else `on` names; providers are configured and unreachable.
"""

from dataclasses import dataclass
from typing import Any

ASKERS = ("anonymous", "alice", "agent", "directory", "elsewhere")


@dataclass(frozen=True)
class Door:
    """The answers to one request by nobody, by Alice's session, by an agent's token, and by the
    tokens of the directories of Aldermoor and of another organisation."""

    route: str
    answers: str
    on: str = ""
    body: dict[str, Any] | None = None

    def __str__(self) -> str:
        return f"{self.route} {self.on}".strip()


_CORE = "urn:ietf:params:scim:schemas:core:2.0"
USER = {
    "schemas": [f"{_CORE}:User"],
    "userName": "grace@example.org",
    "emails": [{"value": "grace@example.org", "primary": True}],
}
GROUP = {"schemas": [f"{_CORE}:Group"], "displayName": "Green"}
_PATCH = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}
OFF = _PATCH | {"Operations": [{"op": "replace", "path": "active", "value": False}]}
RENAMED = _PATCH | {"Operations": [{"op": "replace", "path": "displayName", "value": "Red"}]}

DOORS = (
    Door("GET /desk/account/2fa", "302 200 302 302 302"),
    Door("GET /desk/account/2fa/recovery-codes", "302 404 302 302 302"),
    Door("GET /desk/account/2fa/recovery-codes/new", "302 302 302 302 302"),
    Door("POST /desk/account/2fa/recovery-codes/new", "302 302 302 302 302"),
    Door("PUT /desk/account/2fa/recovery-codes/new", "302 302 302 302 302"),
    Door("GET /desk/account/2fa/remove", "302 404 302 302 302"),
    Door("POST /desk/account/2fa/remove", "302 404 302 302 302"),
    Door("PUT /desk/account/2fa/remove", "302 404 302 302 302"),
    Door("GET /desk/account/2fa/set-up", "302 302 302 302 302"),
    Door("POST /desk/account/2fa/set-up", "302 302 302 302 302"),
    Door("PUT /desk/account/2fa/set-up", "302 302 302 302 302"),
    Door("GET /desk/account/code", "302 302 302 302 302"),
    Door("POST /desk/account/code", "302 302 302 302 302"),
    Door("GET /desk/account/code-again", "302 302 302 302 302"),
    Door("POST /desk/account/code-again", "302 302 302 302 302"),
    Door("PUT /desk/account/code-again", "302 302 302 302 302"),
    Door("DELETE /desk/account/login", "302 302 302 302 302"),
    Door("GET /desk/account/login", "302 302 302 302 302"),
    Door("PATCH /desk/account/login", "302 302 302 302 302"),
    Door("POST /desk/account/login", "302 302 302 302 302"),
    Door("PUT /desk/account/login", "302 302 302 302 302"),
    Door("GET /desk/account/password", "302 200 302 302 302"),
    Door("POST /desk/account/password", "302 200 302 302 302"),
    Door("PUT /desk/account/password", "302 200 302 302 302"),
    Door("GET /scim/v2/Groups", "401 401 401 200 200"),
    Door("POST /scim/v2/Groups", "401 401 401 201 201", body=GROUP),
    Door("DELETE /scim/v2/Groups/{id}", "401 401 401 204 404", on="group"),
    Door("GET /scim/v2/Groups/{id}", "401 401 401 200 404", on="group"),
    Door("PATCH /scim/v2/Groups/{id}", "401 401 401 200 404", on="group", body=RENAMED),
    Door("PUT /scim/v2/Groups/{id}", "401 401 401 200 404", on="group", body=GROUP),
    Door("GET /scim/v2/ResourceTypes", "401 401 401 200 200"),
    Door("GET /scim/v2/ResourceTypes/{id}", "401 401 401 200 200", on="type"),
    Door("GET /scim/v2/Schemas", "401 401 401 200 200"),
    Door("GET /scim/v2/Schemas/{id}", "401 401 401 200 200", on="User"),
    Door("GET /scim/v2/ServiceProviderConfig", "401 401 401 200 200"),
    Door("GET /scim/v2/Users", "401 401 401 200 200"),
    Door("POST /scim/v2/Users", "401 401 401 201 201", body=USER),
    Door("DELETE /scim/v2/Users/{id}", "401 401 401 204 404", on="bob"),
    Door("GET /scim/v2/Users/{id}", "401 401 401 200 404", on="bob"),
    Door("PATCH /scim/v2/Users/{id}", "401 401 401 200 404", on="bob", body=OFF),
    Door("PUT /scim/v2/Users/{id}", "401 401 401 200 404", on="bob", body=USER),
    Door("GET /sso/{organization_slug}/saml/acs", "405 405 405 405 405", on="saml"),
    Door("POST /sso/{organization_slug}/saml/acs", "302 302 302 302 302", on="saml"),
    Door("GET /sso/{organization_slug}/saml/acs/finish", "302 302 302 302 302", on="saml"),
    Door("POST /sso/{organization_slug}/saml/acs/finish", "405 405 405 405 405", on="saml"),
    Door("GET /sso/{organization_slug}/saml/login", "405 405 405 405 405", on="saml"),
    Door("POST /sso/{organization_slug}/saml/login", "200 200 200 200 200", on="saml"),
    Door("GET /sso/{organization_slug}/saml/metadata", "200 200 200 200 200", on="saml"),
    Door("POST /sso/{organization_slug}/saml/metadata", "405 405 405 405 405", on="saml"),
    Door("GET /sso/{organization_slug}/saml/sls", "404 404 404 404 404", on="saml"),
    Door("POST /sso/{organization_slug}/saml/sls", "404 404 404 404 404", on="saml"),
    Door("GET /sso/{provider_id}/callback", "302 302 302 302 302", on="openid"),
    Door("POST /sso/{provider_id}/callback", "405 405 405 405 405", on="openid"),
    Door("GET /sso/{provider_id}/github/callback", "302 302 302 302 302", on="github"),
    Door("POST /sso/{provider_id}/github/callback", "405 405 405 405 405", on="github"),
    Door("GET /sso/{provider_id}/github/login", "405 405 405 405 405", on="github"),
    Door("POST /sso/{provider_id}/github/login", "200 200 200 200 200", on="github"),
    Door("GET /sso/{provider_id}/login", "405 405 405 405 405", on="openid"),
    Door("POST /sso/{provider_id}/login", "302 302 302 302 302", on="openid"),
)
