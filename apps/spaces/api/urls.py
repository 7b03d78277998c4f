from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.spaces.api import views

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("spaces", views.SpaceViewSet, basename="space")
urlpatterns = [path("me", views.MeView.as_view(), name="me")]
