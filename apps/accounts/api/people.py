"""`/people`: those of the organisation, for its administrators."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.serializers import PersonOut, StoppedOut
from apps.accounts.models import User
from apps.accounts.services import deactivation
from apps.audit.api.reads import RecordsReads
from apps.kernel.errors import Conflict, Forbidden
from apps.kernel.views import BaseViewSet


class PeopleViewSet(
    RecordsReads, mixins.ListModelMixin, mixins.RetrieveModelMixin, BaseViewSet[User]
):
    """People of the asker's organisation, switched on and off by its administrators."""

    reads = "person"
    queryset = User.objects.all()
    serializer_class = PersonOut
    scopes = dict.fromkeys(("list", "retrieve", "deactivate", "reactivate"), "manage")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Everybody else is told so; a single person is not there for them."""
        super().initial(request, *args, **kwargs)
        if self.action == "list" and not self.actor.administers:
            raise Forbidden("Administrators of the organisation see its people.")

    def get_queryset(self) -> QuerySet[User]:
        """People that the asker administers; nobody for anybody else."""
        people: QuerySet[User] = User.objects.none()
        if not getattr(self, "swagger_fake_view", False):  # the schema generator has no actor
            people = User.objects.administered_by(self.actor)
        return people

    @extend_schema(request=None, responses={200: StoppedOut})
    @action(detail=True, methods=["post"])
    def deactivate(self, request: Request, id: str) -> Response:
        """Switch a person off: agents, tokens, sessions and runs end at once."""
        person = self.get_object()
        if person.pk == self.actor.principal.pk:
            raise Conflict("You cannot switch yourself off; ask another administrator.")
        stopped = deactivation.deactivate(user=person, by=self.actor.by)
        answer = {"person": person, "agents": stopped.agents, "tokens": stopped.tokens}
        return Response(StoppedOut({**answer, "runs": stopped.others.get("runs", 0)}).data)

    @extend_schema(request=None, responses={200: PersonOut})
    @action(detail=True, methods=["post"])
    def reactivate(self, request: Request, id: str) -> Response:
        """Let a person sign in again. Tokens and sessions do not come back; agents stay off."""
        person = self.get_object()
        deactivation.reactivate(user=person, by=self.actor.by)
        return Response(PersonOut(person).data)
