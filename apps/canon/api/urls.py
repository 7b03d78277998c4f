from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.canon.api import exports, git, mirrors, views

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("canon/documents", views.DocumentViewSet, basename="canon-document")
router.register("canon/proposals", views.ProposalViewSet, basename="canon-proposal")
router.register("canon/mirrors", mirrors.MirrorViewSet, basename="canon-mirror")
router.register("canon/rules", views.RulesViewSet, basename="canon-rules")

urlpatterns = [path("canon/export", exports.ExportView.as_view(), name="canon-export")]
# Outside of the API: addresses as git makes them from that of the repository
repositories = [
    path("<uuid:id>.git/info/refs", git.RefsView.as_view(), name="git-refs"),
    path("<uuid:id>.git/git-upload-pack", git.UploadPackView.as_view(), name="git-upload-pack"),
]
