"""What an actor may do where, resolved once per request to a small list of space ids.

Ids first, not a subquery: measured 5.8 ms against 53 ms for "my latest 50 memories", because a
list lets the planner walk the `(space, created_at)` index.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection

from apps.kernel import isolation
from apps.spaces import sql

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

PERMISSIONS = ("read", "write", "review", "manage")


@dataclass(frozen=True, slots=True)
class Access:
    """Space ids by permission, and the organisation; all empty for somebody without one.

    `public_ids` are of spaces with any of the permissions: what a credential's scopes give nothing
    in, it does not know.
    """

    organisation_id: int | None
    organisation_public_id: UUID | None
    organisation_role: str
    personal_id: int | None
    by_permission: Mapping[str, frozenset[int]]
    public_ids: Mapping[int, UUID]

    def ids(self, permission: str) -> frozenset[int]:
        """Row ids of the spaces with `permission`: read, write, review or manage."""
        return self.by_permission[permission]

    def allows(self, permission: str, space_id: int) -> bool:
        """Whether the actor holds `permission` on that space."""
        return space_id in self.by_permission[permission]


def of(actor: "Actor") -> Access:
    """Access of the actor, from its cache after the first call."""
    if "access" not in actor.cache:
        resolved = _resolve(actor)
        actor.cache["access"] = resolved
        actor.cache["organisation_public_id"] = resolved.organisation_public_id
    access: Access = actor.cache["access"]
    return access


def administered(actor: "Actor") -> int | None:
    """Row id of the organisation that the actor administers: in person, by a credential that
    manages and is not limited to spaces; None for everybody else."""
    resolved = of(actor)
    may = (
        resolved.organisation_role == "admin"
        and not actor.user.is_agent
        and "manage" in actor.scopes
        and actor.token_spaces is None
    )
    return resolved.organisation_id if may else None


def forget(actor: "Actor") -> None:
    """Resolve again on the next use: the actor's own grants just changed."""
    actor.cache.pop("access", None)
    isolation.forget()


def _resolve(actor: "Actor") -> Access:
    with connection.cursor() as cursor:
        cursor.execute(sql.OF_PERSON, {"person": actor.principal.pk})
        rows = cursor.fetchall()
    permissions: dict[str, set[int]] = {name: set() for name in PERMISSIONS}
    public_ids: dict[int, UUID] = {}
    personal_id: int | None = None
    for space_id, public_id, grant, *_ in rows:
        if space_id is None or not _in_token(actor, public_id):
            continue
        public_ids[space_id] = public_id
        if grant == "personal":
            personal_id = space_id
            permissions["read"].add(space_id)
            permissions["write"].add(space_id)
        else:
            permissions[grant.removesuffix("_space")].add(space_id)
    kept = {name: frozenset(_kept(actor, name, ids)) for name, ids in permissions.items()}
    known = frozenset().union(*kept.values())
    first = rows[0] if rows else (None,) * 6
    return Access(
        organisation_id=first[3],
        organisation_public_id=first[4],
        organisation_role=first[5] or "",
        personal_id=personal_id,
        by_permission=kept,
        public_ids={pk: public_id for pk, public_id in public_ids.items() if pk in known},
    )


def _in_token(actor: "Actor", public_id: UUID) -> bool:
    return actor.token_spaces is None or public_id in actor.token_spaces


def _kept(actor: "Actor", permission: str, ids: set[int]) -> set[int]:
    """Agents never review or manage, and a credential gives no more than its scopes."""
    if actor.user.is_agent and permission in {"review", "manage"}:
        return set()
    return ids if permission in actor.scopes else set()
