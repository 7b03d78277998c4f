"""A directory with its token."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from apps.audit.services.events import SYSTEM
from apps.identity.services import scim_tokens
from tests.conftest import World

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@dataclass
class Directory:
    """Somebody's SCIM client."""

    token: str

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        given = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return Client().generic(
            method,
            f"/scim/v2/{path}",
            data="" if body is None else json.dumps(body),
            content_type="application/scim+json",
            headers={**given, **headers},
        )

    def patch(self, path: str, *operations: dict[str, Any]) -> Any:
        body = {"schemas": [PATCH], "Operations": list(operations)}
        return self("PATCH", path, body)


@pytest.fixture
def directory(world: World) -> Directory:
    """Of Aldermoor."""
    _, plain = scim_tokens.issue(organisation=world.organisation, name="test", by=SYSTEM)
    return Directory(plain)


@pytest.fixture
def other_directory(world: World) -> Directory:
    """Of Elsewhere."""
    _, plain = scim_tokens.issue(organisation=world.elsewhere, name="test", by=SYSTEM)
    return Directory(plain)


@pytest.fixture
def grace() -> dict[str, Any]:
    """A new user, as RFC 7643 would have it."""
    return {
        "schemas": [USER],
        "userName": "grace@example.org",
        "externalId": "00u1",
        "name": {"givenName": "Grace", "familyName": "Ito"},
        "emails": [{"value": "grace@example.org", "type": "work", "primary": True}],
        "active": True,
    }


@pytest.fixture
def made(directory: Directory, grace: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """`made(userName=...)` is a user that the directory made."""

    def _made(**more: Any) -> dict[str, Any]:
        answer = directory("POST", "Users", {**grace, **more})
        assert answer.status_code == 201, answer.content
        found: dict[str, Any] = answer.json()
        return found

    return _made
