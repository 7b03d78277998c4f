"""`/spaces`, their members, and `/me`."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import User
from apps.audit.api.reads import RecordsReads
from apps.kernel.errors import Forbidden, Invalid
from apps.kernel.views import BaseViewSet
from apps.spaces import access
from apps.spaces.api.serializers import (
    MemberIn,
    MemberOut,
    MeOut,
    MePatch,
    SpaceIn,
    SpaceOut,
)
from apps.spaces.models import Space
from apps.spaces.services import consent, grants, tree


class MeView(APIView):
    """Who am I?"""

    scopes = {"patch": "manage"}

    @extend_schema(responses={200: MeOut})
    def get(self, request: Request) -> Response:
        """The asker, the person answering, the credential's scopes, organisation and consent."""
        actor: Any = request.auth
        personal = Space.objects.personal_of(actor).select_related("organisation").first()
        return _me(actor, personal)

    @extend_schema(request=MePatch, responses={200: MeOut})
    def patch(self, request: Request) -> Response:
        """Let curation read your personal space, or not. Only people do this."""
        actor: Any = request.auth
        data = MePatch(data=request.data)
        data.is_valid(raise_exception=True)
        share = data.validated_data["share_for_promotion"]
        return _me(actor, consent.choose(actor=actor, share=share))


def _me(actor: Any, personal: Space | None) -> Response:
    resolved = access.of(actor)
    answer = {
        "user": actor.user,
        "owner": actor.principal,
        "scopes": sorted(actor.scopes),
        "organisation": resolved.organisation_public_id,
        "organisation_role": resolved.organisation_role,
        "personal_space": personal and personal.public_id,
        "share_for_promotion": personal and personal.share_for_promotion,
        "shares_for_promotion": personal and personal.shares,
    }
    return Response(MeOut(answer).data)


class SpaceViewSet(
    RecordsReads, mixins.ListModelMixin, mixins.RetrieveModelMixin, BaseViewSet[Space]
):
    """Spaces the asker can read."""

    reads = "space"
    queryset = Space.objects.all()
    serializer_class = SpaceOut
    scopes = {"create": "manage", "set_member": "manage"}

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "actor": self.actor}

    @extend_schema(request=SpaceIn, responses={201: SpaceOut})
    def create(self, request: Request) -> Response:
        """Create a team; the creator becomes its curator. Needs `manage` on the parent."""
        data = self.parsed(SpaceIn)
        parent = self._parent(data.get("parent"))
        team = tree.found_team(
            name=data["name"], parent=parent, curator=self.actor.principal, by=self.actor.by
        )
        access.forget(self.actor)
        return Response(self.get_serializer(team).data, status=201)

    @extend_schema(responses={200: MemberOut(many=True)})
    @action(detail=True, methods=["get"], pagination_class=None)
    def members(self, request: Request, id: str) -> Response:
        """Who has a role in the space."""
        return self._members(self.get_object())

    @extend_schema(request=MemberIn, responses={200: MemberOut(many=True)})
    @members.mapping.post
    def set_member(self, request: Request, id: str) -> Response:
        """Give a person of the organisation a role, or take it away. Needs `manage`."""
        space = self.get_object()
        if not access.of(self.actor).allows("manage", space.pk):
            raise Forbidden("You may not manage this space.")
        data = self.parsed(MemberIn)
        person = self._colleague(space, data["email"])
        if data["role"]:
            grants.grant(space=space, person=person, role=data["role"], by=self.actor.by)
        else:
            grants.withdraw(space=space, person=person, by=self.actor.by)
        return self._members(space)

    def _members(self, space: Space) -> Response:
        people = grants.members(space)
        return Response(MemberOut([{"person": p, "role": r} for p, r in people], many=True).data)

    def _parent(self, public_id: Any) -> Space:
        resolved = access.of(self.actor)
        if resolved.organisation_id is None:
            raise Forbidden("You belong to no organisation.")
        visible = Space.objects.visible_to(self.actor).select_related("organisation")
        wanted = {"public_id": public_id} if public_id else {"kind": "organisation"}
        parent: Space | None = visible.filter(**wanted).first()
        if parent is None:
            raise Invalid("There is no such space.", attr="parent")
        if not resolved.allows("manage", parent.pk):
            raise Forbidden("You may not create a space below this one.")
        return parent

    def _colleague(self, space: Space, email: str) -> User:
        people = User.objects.filter(membership__organisation_id=space.organisation_id)
        person: User | None = people.filter(email=email.lower()).first()
        if person is None:
            raise Invalid("Nobody in this organisation has that address.", attr="email")
        return person
