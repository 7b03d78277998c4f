"""Who sits at the desk: the actor of a request, resolved once."""

from django.http import HttpRequest

from apps.accounts.actors import Actor, of_user
from apps.kernel import isolation
from apps.spaces import access

_KEY = "desk_actor"


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in person as an actor; one object per request, so grants are read once."""
    known = vars(request).get(_KEY)
    if not isinstance(known, Actor) or known.user.pk != request.user.pk:
        assert request.user.is_authenticated, "the site asks who it is first"  # noqa: S101
        known = of_user(request.user)
        isolation.enter(user=request.user.pk, reach="review")
        vars(request)[_KEY] = known
    return known


def may_enter(request: HttpRequest) -> bool:
    """An active person who reviews at least one space; no staff or superuser flag replaces that."""
    user = request.user
    if not user.is_authenticated or not user.is_active or user.is_agent:
        return False
    return bool(access.of(actor_of(request)).ids("review"))
