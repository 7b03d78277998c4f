"""The desk's admin site: who gets in, and what is on it."""

from django.http import HttpRequest

from apps.kernel.admin import AdminSite


class Desk(AdminSite):  # type: ignore[misc]
    """Reviewers' site."""

    site_header = "MemoryHub desk"
    site_title = "MemoryHub"
    index_title = "Review"
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_authenticated)


desk = Desk(name="desk")
