"""Who sits at the desk: the actor of a request, resolved once."""

from django.http import HttpRequest

from apps.accounts.actors import Actor, of_user
from apps.kernel import isolation
from apps.spaces import access

_KEY = "desk_actor"
_OVERSEERS = frozenset({"admin", "auditor"})


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
    """An active person for whom the desk has something; staff and superuser flags say nothing."""
    user = request.user
    if not user.is_authenticated or not user.is_active or user.is_agent:
        return False
    return has_work_for(actor_of(request))


def has_work_for(actor: Actor) -> bool:
    """Who reviews a space, and who administers or audits the organisation."""
    return reviews(actor) or access.of(actor).organisation_role in _OVERSEERS


def reviews(actor: Actor) -> bool:
    """Whether requests may wait for this person."""
    return bool(access.of(actor).ids("review"))
