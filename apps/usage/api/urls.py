from django.urls import URLPattern, path

from apps.usage.api.views import BudgetViewSet, FiguresViewSet

urlpatterns: list[URLPattern] = [
    path("usage/models", FiguresViewSet.as_view({"get": "list"}), name="usage-models"),
    path(
        "usage/budgets",
        BudgetViewSet.as_view({"get": "list", "post": "create"}),
        name="usage-budgets",
    ),
]
