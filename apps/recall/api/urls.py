from django.urls import URLPattern, path

from apps.recall.api.views import FeedbackViewSet, MemoryFeedbackViewSet, RecallViewSet

urlpatterns: list[URLPattern] = [
    path("recall", RecallViewSet.as_view({"post": "create"}), name="recall"),
    path(
        "recall/<uuid:id>/feedback",
        FeedbackViewSet.as_view({"post": "create"}),
        name="recall-feedback",
    ),
    path(
        "memories/<uuid:id>/feedback",
        MemoryFeedbackViewSet.as_view({"get": "retrieve"}),
        name="memory-feedback",
    ),
]
