"""Proofs as JSON: few hashes that show one fact to somebody who trusts a seal, not the hub."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from apps.audit.core import merkle
from apps.audit.core.canon import Head, event_bytes
from apps.audit.core.verification import Leaf
from apps.audit.models import AuditEvent, Seal
from apps.audit.models import Leaf as LeafRow
from apps.audit.services import exports, keys, log, seals
from apps.kernel.errors import Conflict, Invalid, NotFound


def of_event(event: UUID, seal: int | None) -> dict[str, Any]:
    """That an event is in the log a seal covers: the event, the hashes beside it, the seal.

    Raises:
        NotFound: there is no such event or seal, or the seal does not cover it.
        Conflict: the log does not give that seal; `audit verify` says where.
    """
    pk = AuditEvent.objects.filter(public_id=event).values_list("pk", flat=True).first()
    place = LeafRow.objects.filter(event_id=pk).first() if pk else None
    if place is None:
        raise NotFound(f"Event {event} is not in the log, or no seal covers it yet.")
    head = _head(seal)
    hashes = log.inclusion(position=place.position, size=head.size)
    proof = {
        "proof": "inclusion",
        "leaf": exports.leaf_fields(log.leaf_at(place.position)),
        "hashes": [each.hex() for each in hashes],
        "seal": exports.seal_fields(head),
    }
    return _sound(proof)


def of_growth(since: int, seal: int | None) -> dict[str, Any]:
    """That the log under a later seal begins with the log under seal number `since`.

    Raises:
        NotFound: there is no such seal.
        Invalid: the second seal is the earlier one.
        Conflict: the log does not give these seals; `audit verify` says where.
    """
    old, new = _head(since), _head(seal)
    hashes = log.consistency(old=old.size, new=new.size)
    proof = {
        "proof": "consistency",
        "old": exports.seal_fields(old),
        "hashes": [each.hex() for each in hashes],
        "seal": exports.seal_fields(new),
    }
    return _sound(proof)


def check(text: str, known: Mapping[str, bytes]) -> str:
    """A sentence about a proof that holds; `known` are the trusted public keys by id.

    Raises:
        Invalid: it is no proof, or does not hold; the sentence says which part.
    """
    try:
        proof = json.loads(text)
        kind, hashes = proof["proof"], [bytes.fromhex(each) for each in proof["hashes"]]
        head = exports.head_from(proof["seal"])
        told = {"inclusion": _included, "consistency": _grown}[kind](proof, head, hashes)
        heads = [head] if kind == "inclusion" else [exports.head_from(proof["old"]), head]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Invalid("This is not a proof that `manage.py audit prove` wrote.") from error
    for each in heads:
        if (found := keys.check(each, known)) != "valid":
            raise Invalid(f"The signature of seal {each.number} is {found}.")
    return told


def _sound(proof: dict[str, Any]) -> dict[str, Any]:
    """The proof, tried before anybody relies on it."""
    try:
        check(json.dumps(proof), keys.trusted())
    except Invalid as error:
        told = f"{error.detail} The log is not as it was sealed: run `manage.py audit verify`."
        raise Conflict(told) from error
    return proof


def _included(proof: dict[str, Any], head: Head, hashes: list[bytes]) -> str:
    leaf: Leaf = exports.leaf_from(proof["leaf"])
    if leaf.event is None:
        raise Invalid("The event is gone; only its leaf is left.")
    hashed = merkle.leaf_hash(event_bytes(leaf.event, leaf.version))
    if merkle.root_from_inclusion(hashed, leaf.position, head.size, hashes) != head.root:
        raise Invalid(f"The proof does not lead to the root of seal {head.number}.")

    return (
        f"Event {leaf.event['public_id']} is at position {leaf.position} of the {head.size:,}"
        f" events under seal {head.number} of {head.sealed_at}."
    )


def _grown(proof: dict[str, Any], head: Head, hashes: list[bytes]) -> str:
    old = exports.head_from(proof["old"])
    roots = merkle.roots_from_consistency(old.size, head.size, old.root, hashes)
    if roots != (old.root, head.root):
        raise Invalid(f"The proof does not lead from seal {old.number} to seal {head.number}.")
    return (
        f"The log under seal {head.number} ({head.size:,} events) begins with all {old.size:,}"
        f" events under seal {old.number}, unchanged and in the same order."
    )


def _head(number: int | None) -> Head:
    rows = Seal.objects.order_by("-number")
    row = rows.first() if number is None else rows.filter(number=number).first()
    if row is None:
        raise NotFound("There is no seal yet." if number is None else f"There is no seal {number}.")
    return seals.head_of(row)
