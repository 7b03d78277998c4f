from rest_framework.routers import SimpleRouter

from apps.memories.api import views

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("memories", views.MemoryViewSet, basename="memory")
router.register("outcomes", views.OutcomeViewSet, basename="outcome")
