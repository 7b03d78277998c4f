"""Scopes: what a credential may do at all. What it may see is the queryset's business."""

from typing import TYPE_CHECKING, Protocol, cast

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

if TYPE_CHECKING:  # the settings import this while DRF's views are still loading
    from rest_framework.views import APIView


class Credential(Protocol):
    """What authentication leaves in `request.auth`, as far as the kernel knows it."""

    @property
    def scopes(self) -> frozenset[str]:
        """Some of read, write, review, manage."""
        ...

    @property
    def credential(self) -> str:
        """Its name, of at most 36 characters: one for all sessions of a user, one per token."""
        ...


class HasScope(BasePermission):
    """The credential carries the scope that the action needs.

    A view names it per action in `scopes`, or per method ("patch") where it has no actions;
    otherwise safe methods need `read`, others `write`.
    """

    message = "This credential lacks the scope for this."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        credential = cast("Credential | None", request.auth)
        if credential is None:
            return False
        needed = required_scope(request.method or "GET", view)
        return needed in credential.scopes


def required_scope(method: str, view: object) -> str:
    """Scope that `method` on `view` needs: one of read, write, review, manage."""
    action = getattr(view, "action", None) or method.lower()
    by_action: dict[str, str] = getattr(view, "scopes", {})
    return by_action.get(action, "read" if method in SAFE_METHODS else "write")
