"""SCIM 2.0: /Users, /Groups, and what the service can do."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils.text import Truncator
from rest_framework.request import Request
from rest_framework.response import Response
from scim2_models import (
    Context,
    EnterpriseUser,
    Group,
    InvalidValueException,
    ResourceType,
    ServiceProviderConfig,
    User,
)

from apps.identity.api import filters, resources
from apps.identity.api.protocol import LENIENT, ScimView
from apps.identity.models import DirectoryGroup
from apps.identity.services import groups, people

MAX_RESULTS = 200


def listed(view: ScimView, rows: QuerySet[Any], shown: Callable[[Any], dict[str, Any]]) -> Response:
    """A page of rows by `startIndex`, from 1, and `count`, up to 200; `count=0` only counts."""
    start = max(1, _number(view.request, "startIndex", 1))
    count = min(MAX_RESULTS, max(0, _number(view.request, "count", MAX_RESULTS)))
    total = rows.count()
    found = rows.order_by("pk")[start - 1 : start - 1 + count] if count else []
    return Response(resources.page([shown(row) for row in found], total=total, start=start))


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return default
    try:
        return min(int(text), 10**9)
    except ValueError as error:
        raise InvalidValueException(detail=f"{name} must be a number.") from error


def _without_members(request: Request) -> bool:
    names = request.query_params.get("excludedAttributes", "").split(",")
    return "members" in {name.strip() for name in names}


class UsersView(ScimView):
    """People of the organisation."""

    reads = "person"

    def get(self, request: Request) -> Response:
        asked = filters.lookup(request.query_params.get("filter", ""), filters.PEOPLE)
        rows = people.of(self.organisation).filter(asked)
        base = self.address("").rstrip("/")
        return listed(self, rows, lambda row: resources.shown(resources.of_person(row, base)))

    def post(self, request: Request) -> Response:
        given = resources.ScimUser.model_validate(
            self.body(), scim_ctx=Context.RESOURCE_CREATION_REQUEST, scim_policy=LENIENT
        )
        described = resources.described_person(given)
        person = people.create(organisation=self.organisation, described=described, by=self.by)
        return _answer(resources.of_person(person, self.address("").rstrip("/")), 201)


class UserView(ScimView):
    """One person."""

    reads = "person"

    def get(self, request: Request, id: UUID) -> Response:
        return _answer(self._resource(id))

    def put(self, request: Request, id: UUID) -> Response:
        """As given; what is left out becomes empty, but for the address, which is needed."""
        given = resources.ScimUser.model_validate(
            self.body(), scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST, scim_policy=LENIENT
        )
        return self._changed(id, resources.described_person(given, self._resource(id)))

    def patch(self, request: Request, id: UUID) -> Response:
        before = self._resource(id)
        after = resources.patched(resources.ScimUser, before, self.body())
        return self._changed(id, resources.described_person(after, before))

    def delete(self, request: Request, id: UUID) -> Response:
        """Switched off and hidden from the directory; what the person wrote stays."""
        people.remove(organisation=self.organisation, person=self._person(id), by=self.by)
        return Response(status=204)

    def _person(self, id: UUID) -> Any:
        return people.found(organisation=self.organisation, public_id=str(id))

    def _resource(self, id: UUID) -> Any:
        return resources.of_person(self._person(id), self.address("").rstrip("/"))

    def _changed(self, id: UUID, described: people.Described) -> Response:
        people.change(
            organisation=self.organisation,
            person=self._person(id),
            described=described,
            by=self.by,
        )
        return _answer(self._resource(id))


class GroupsView(ScimView):
    """Groups that the directory pushed."""

    reads = "group"

    def get(self, request: Request) -> Response:
        asked = filters.lookup(request.query_params.get("filter", ""), filters.GROUPS)
        rows = DirectoryGroup.objects.of(self.organisation.pk).filter(asked)
        base, without = self.address("").rstrip("/"), _without_members(request)
        return listed(
            self,
            rows,
            lambda row: resources.shown(resources.of_group(row, base, members=not without)),
        )

    def post(self, request: Request) -> Response:
        given = Group.model_validate(
            self.body(), scim_ctx=Context.RESOURCE_CREATION_REQUEST, scim_policy=LENIENT
        )
        described = resources.described_group(given)
        group = groups.create(organisation=self.organisation, described=described, by=self.by)
        return _answer(resources.of_group(group, self.address("").rstrip("/")), 201)


class GroupView(ScimView):
    """One group."""

    reads = "group"

    def get(self, request: Request, id: UUID) -> Response:
        return _answer(self._resource(id, members=not _without_members(request)))

    def put(self, request: Request, id: UUID) -> Response:
        given = Group.model_validate(
            self.body(), scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST, scim_policy=LENIENT
        )
        return self._changed(id, resources.described_group(given))

    def patch(self, request: Request, id: UUID) -> Response:
        after = resources.patched(Group, self._resource(id), self.body())
        return self._changed(id, resources.described_group(after))

    def delete(self, request: Request, id: UUID) -> Response:
        groups.remove(organisation=self.organisation, group=self._group(id), by=self.by)
        return Response(status=204)

    def _group(self, id: UUID) -> DirectoryGroup:
        return groups.found(organisation=self.organisation, public_id=str(id))

    def _resource(self, id: UUID, *, members: bool = True) -> Any:
        base = self.address("").rstrip("/")
        return resources.of_group(self._group(id), base, members=members)

    def _changed(self, id: UUID, described: groups.Described) -> Response:
        group = groups.change(
            organisation=self.organisation, group=self._group(id), described=described, by=self.by
        )
        return _answer(resources.of_group(group, self.address("").rstrip("/")))


class ServiceProviderConfigView(ScimView):
    """What this service can do."""

    def get(self, request: Request) -> Response:
        scheme = {
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "A token of the organisation, made at the desk or on the machine.",
            "primary": True,
        }
        config = ServiceProviderConfig.model_validate(
            {
                "patch": {"supported": True},
                "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
                "filter": {"supported": True, "maxResults": MAX_RESULTS},
                "changePassword": {"supported": False},
                "sort": {"supported": False},
                "etag": {"supported": False},
                "authenticationSchemes": [scheme],
                "meta": {
                    "resourceType": "ServiceProviderConfig",
                    "location": self.address("ServiceProviderConfig"),
                },
            }
        )
        return Response(resources.shown(config))


class SchemasView(ScimView):
    """The schemas of users and groups."""

    def get(self, request: Request, id: str = "") -> Response:
        known = [model.to_schema() for model in (User, Group, EnterpriseUser)]
        return _catalogue(known, id)


class ResourceTypesView(ScimView):
    """That there are users and groups."""

    def get(self, request: Request, id: str = "") -> Response:
        known = [ResourceType.from_resource(model) for model in (resources.ScimUser, Group)]
        return _catalogue(known, id)


def _catalogue(known: list[Any], id: str) -> Response:
    """All of them, or the one of that id."""
    shown = {str(each.id): resources.shown(each) for each in known}
    if not id:
        return Response(resources.page(list(shown.values()), total=len(shown), start=1))
    if id not in shown:
        raise Http404(Truncator(id).chars(80))
    return Response(shown[id])


def _answer(resource: Any, status: int = 200) -> Response:
    answer = Response(resources.shown(resource), status=status)
    answer["Location"] = str(resource.meta.location)
    return answer
