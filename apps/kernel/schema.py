"""OpenAPI: the one error body, where it can be, plus the headers every route knows."""

from typing import Any

from django.db.models import TextChoices
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from drf_standardized_errors.openapi import AutoSchema as StandardizedErrorsSchema
from rest_framework import serializers

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Same key and body: the first answer again. Another body: 409.",
)


class ErrorType(TextChoices):
    VALIDATION_ERROR = "validation_error"
    CLIENT_ERROR = "client_error"


class ErrorDetail(serializers.Serializer[Any]):
    """What went wrong, and where."""

    code = serializers.CharField(help_text="Stable; for programs.")
    detail = serializers.CharField(help_text="One sentence; for people.")
    attr = serializers.CharField(
        allow_null=True, help_text="The field, with dots and positions inside lists: items.0.text."
    )


class ErrorBody(serializers.Serializer[Any]):
    """The answer to every request that failed; validation_error when it names fields."""

    type = serializers.ChoiceField(choices=ErrorType.choices)
    errors = ErrorDetail(many=True)  # type: ignore[assignment]  # Serializer.errors stays


class AutoSchema(StandardizedErrorsSchema):
    """Adds `Idempotency-Key` to every POST of an idempotent view, and errors where they can be."""

    def get_override_parameters(self) -> list[Any]:
        parameters: list[Any] = super().get_override_parameters()
        if self.method == "POST" and getattr(self.view, "idempotent", False):
            parameters = [*parameters, IDEMPOTENCY_KEY]
        return parameters

    def _should_add_error_response(self, responses: dict[str, Any], status_code: str) -> bool:
        possible: bool = super()._should_add_error_response(responses, status_code)
        return possible and self._can_answer(status_code)

    def _can_answer(self, status_code: str) -> bool:
        """Whether this operation knows the status: a read conflicts with nothing."""
        if status_code == "412":
            return any(
                getattr(given, "name", "") == "If-Match" for given in self.get_override_parameters()
            )
        if status_code in {"413", "422"}:
            return self.method in {"POST", "PUT", "PATCH"}
        return status_code != "409" or self.method not in {"GET", "HEAD", "OPTIONS"}
