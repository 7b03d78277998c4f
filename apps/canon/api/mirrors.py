"""`/canon/mirrors`: how far git repositories and their remotes are."""

from rest_framework import mixins

from apps.audit.api.reads import RecordsReads
from apps.canon.api.serializers import MirrorOut
from apps.canon.models import Mirror
from apps.kernel.pagination import IdPagination
from apps.kernel.views import BaseViewSet


class MirrorViewSet(RecordsReads, mixins.ListModelMixin, BaseViewSet[Mirror]):
    """Repositories of the spaces the asker reads; no documents, so an answer names none."""

    reads = "mirror"
    queryset = Mirror.objects.select_related("space")
    serializer_class = MirrorOut
    filterset_class = None
    pagination_class = IdPagination
