"""Base of every API view: actor, visibility first, idempotent POSTs."""

from functools import partial
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from apps.kernel import idempotency, isolation

M = TypeVar("M", bound=Model)


class BaseViewSet(GenericViewSet[M], Generic[M]):
    """Reads only through `visible_to(actor)`; rows are addressed by `public_id`.

    Set `idempotent = False` on a view whose POST only reads, `reach = "review"` on one for
    reviewers: the database then shows what they judge, too.
    """

    lookup_field = "public_id"
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"
    idempotent = True
    reach: isolation.Reach = "own"
    scopes: dict[str, str] = {}
    post: Any

    @property
    def actor(self) -> Any:
        """Who asks: the Actor that authentication made."""
        return self.request.auth

    def get_queryset(self) -> QuerySet[M]:
        """Rows the actor may see."""
        queryset: Any = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):  # the schema generator has no actor
            return queryset.none()  # type: ignore[no-any-return]
        return queryset.visible_to(self.actor)  # type: ignore[no-any-return]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Checks first; then a POST with a key goes through the idempotency record."""
        super().initial(request, *args, **kwargs)
        isolation.widen(self.reach)
        if request.method == "POST" and self.idempotent and "Idempotency-Key" in request.headers:
            self.post = partial(idempotency.once, handler=self.post)

    def parsed(self, serializer_class: type[Any], **kwargs: Any) -> Any:
        """Validated body as `serializer_class` sees it; a dict."""
        serializer = serializer_class(data=self.request.data, **kwargs)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data
