"""The one seam to the desk's theme: rooms import admin classes from here, never from a theme."""

from django.contrib.admin import action, display
from unfold.admin import ModelAdmin as _ThemeModelAdmin
from unfold.admin import TabularInline
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite as AdminSite
from unfold.views import ChangeList

__all__ = [
    "AdminSite",
    "AuthenticationForm",
    "ChangeList",
    "ModelAdmin",
    "TabularInline",
    "action",
    "display",
]


class ModelAdmin(_ThemeModelAdmin):  # type: ignore[misc]
    """Read-only by default: rows change through services, never through a form or a delete."""

    show_full_result_count = False
    list_per_page = 25
    actions_on_top = True

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object | None = None) -> bool:
        return False

    def has_delete_permission(self, request: object, obj: object | None = None) -> bool:
        return False
