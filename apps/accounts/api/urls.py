from rest_framework.routers import SimpleRouter

from apps.accounts.api import people, views

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("agents", views.AgentViewSet, basename="agent")
router.register("people", people.PeopleViewSet, basename="person")
router.register("tokens", views.TokenViewSet, basename="token")
