from rest_framework.routers import SimpleRouter

from apps.curation.api import candidates, marks, replay, views

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("candidates", candidates.CandidateViewSet, basename="candidate")
router.register("runs", views.RunViewSet, basename="run")
router.register("promotion", replay.PromotionViewSet, basename="promotion")
router.register("policies", views.PolicyViewSet, basename="policy")
router.register("screenings", marks.ScreeningViewSet, basename="screening")
