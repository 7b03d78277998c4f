"""SCIM filters that directories really send, as database lookups: equality, joined by `and`."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q
from scim2_models import InvalidFilterException, ScimFilter
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    LogicalExpr,
    LogicalOperator,
    ValuePath,
)

PEOPLE: Mapping[str, str] = {
    "id": "public_id",
    "username": "user_name",
    "externalid": "directory__external_id",
    "displayname": "name__iexact",
    "emails": "email__iexact",
    "emails.value": "email__iexact",
    "active": "is_active",
}
GROUPS: Mapping[str, str] = {
    "id": "public_id",
    "displayname": "display_name__iexact",
    "externalid": "external_id",
    "members": "members__public_id",
    "members.value": "members__public_id",
}
_IDS = {"public_id", "members__public_id"}


def lookup(expression: str, attributes: Mapping[str, str]) -> Q:
    """The filter as a Q; everything when it is empty.

    Raises:
        InvalidFilterException: it cannot be read, or asks for more than equality.
    """
    return _node(ScimFilter(expression).ast, attributes) if expression else Q()


def _node(node: Any, attributes: Mapping[str, str]) -> Q:
    if isinstance(node, LogicalExpr) and node.op == LogicalOperator.and_:
        found = Q()
        for term in node.terms:
            found &= _node(term, attributes)
        return found
    if isinstance(node, ValuePath):  # emails[type eq "work" and value eq "..."]
        return _in_values(node, attributes)
    if isinstance(node, Comparison) and node.op == CompareOperator.eq:
        return _equals(_named(node.attr_path), node.value, attributes)
    raise InvalidFilterException(detail="Only eq, and comparisons joined by and, are supported.")


def _in_values(node: ValuePath, attributes: Mapping[str, str]) -> Q:
    inner = node.val_filter
    terms = inner.terms if isinstance(inner, LogicalExpr) else (inner,)
    found = Q()
    for term in terms:
        if not isinstance(term, Comparison) or term.op != CompareOperator.eq:
            raise InvalidFilterException(detail="Only eq is supported between brackets.")
        name = _named(term.attr_path)
        if name not in {"type", "primary"}:  # there is one address: for work, and primary
            found &= _equals(f"{_named(node.attr_path)}.{name}", term.value, attributes)
    return found


def _named(path: AttrPath) -> str:
    name = f"{path.attr}.{path.sub_attr}" if path.sub_attr else path.attr
    return name.lower()


def _equals(name: str, value: object, attributes: Mapping[str, str]) -> Q:
    field = attributes.get(name)
    if field is None:
        known = ", ".join(sorted(attributes))
        raise InvalidFilterException(detail=f"Filters may name: {known}.")
    if field == "is_active":
        return Q(is_active=str(value).lower() == "true")
    text = str(value)
    if field in _IDS:
        return Q(**{field: text}) if _is_id(text) else Q(pk__in=[])
    if field == "user_name":  # somebody whom the directory never named goes by the address
        own = Q(directory__user_name__iexact=text)
        return own | Q(email__iexact=text) & (
            Q(directory__isnull=True) | Q(directory__user_name="")
        )
    return Q(**{field: text})


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
