"""`/usage/models` and `/usage/budgets`: what models are asked, what it costs, and how much may."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit.api.reads import RecordsReads
from apps.kernel.views import BaseViewSet
from apps.spaces.api.named import named_space
from apps.usage.api.serializers import BudgetIn, BudgetOut, FigureOut, FiguresIn
from apps.usage.core.budgets import Limits
from apps.usage.models import Budget, ModelCall
from apps.usage.services import budgets, figures


class FiguresViewSet(RecordsReads, BaseViewSet[ModelCall]):
    """The books of model use."""

    queryset = ModelCall.objects.all()
    reads = "usage"
    reach = "review"
    serializer_class = FigureOut
    scopes = {"list": "review"}
    pagination_class = None
    filterset_class = None

    @extend_schema(
        operation_id="usage_models", parameters=[FiguresIn], responses={200: FigureOut(many=True)}
    )
    def list(self, request: Request) -> Response:
        """Requests to models by day, purpose, task and model: tokens, cost, time. No word of any
        text."""
        asked = FiguresIn(data=request.query_params)
        asked.is_valid(raise_exception=True)
        days: dict[str, Any] = dict(asked.validated_data)
        if "space" in days:
            days["space"] = named_space(self.actor, days["space"])
        found = figures.seen_by(self.actor, **days)
        return Response(FigureOut([asdict(one) for one in found], many=True).data)


class BudgetViewSet(RecordsReads, BaseViewSet[Budget]):
    """Budgets in force in spaces where the asker reviews."""

    reads = "budget"
    reach = "review"
    queryset = Budget.objects.select_related("space", "author")
    serializer_class = BudgetOut
    scopes = {"list": "review", "create": "manage"}
    pagination_class = None
    filterset_class = None

    @extend_schema(operation_id="usage_budgets_list", responses={200: BudgetOut(many=True)})
    def list(self, request: Request) -> Response:
        """What each space and those under it may spend a day on language models."""
        visible: Any = self.get_queryset()
        return Response(BudgetOut(visible.in_force(), many=True).data)

    @extend_schema(
        operation_id="usage_budgets_create", request=BudgetIn, responses={201: BudgetOut}
    )
    def create(self, request: Request) -> Response:
        """Limit a space, from the next request to a model on; needs `manage` and a reason."""
        data = self.parsed(BudgetIn)
        made = budgets.set_budget(
            actor=self.actor,
            space=named_space(self.actor, data["space"]),
            limits=Limits(
                data.get("calls_per_day"), data.get("tokens_per_day"), data.get("cost_per_day")
            ),
            reason=data["reason"],
        )
        return Response(BudgetOut(made).data, status=201)
