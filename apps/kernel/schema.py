"""OpenAPI: error bodies from drf-standardized-errors, plus the headers every route knows."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from drf_standardized_errors.openapi import AutoSchema as StandardizedErrorsSchema

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Same key and body: the first answer again. Another body: 409.",
)


class AutoSchema(StandardizedErrorsSchema):
    """Adds `Idempotency-Key` to every POST of an idempotent view."""

    def get_override_parameters(self) -> list[Any]:
        parameters: list[Any] = super().get_override_parameters()
        if self.method == "POST" and getattr(self.view, "idempotent", False):
            parameters = [*parameters, IDEMPOTENCY_KEY]
        return parameters
