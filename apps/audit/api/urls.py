from rest_framework.routers import SimpleRouter

from apps.audit.api import views

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("audit", views.AuditViewSet, basename="audit")
