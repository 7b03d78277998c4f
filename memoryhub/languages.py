"""Pages speak the reader's language; programs are always answered in English."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

SPOKEN = [
    ("en", "English"),
    ("ja", "日本語"),
    ("zh-hans", "简体中文"),
    ("ko", "한국어"),
    ("es", "Español"),
    ("fr", "Français"),
    ("de", "Deutsch"),
    ("pt-br", "Português (Brasil)"),
]
_FOR_PROGRAMS = ("/api/", "/scim/", "/health/", "/metrics")


class LanguageMiddleware(LocaleMiddleware):
    """By cookie or the browser's wish, for people's pages only."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path.startswith(_FOR_PROGRAMS):
            translation.activate("en")
            request.LANGUAGE_CODE = "en"
        else:
            super().process_request(request)

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if request.path.startswith(_FOR_PROGRAMS):
            return response
        return super().process_response(request, response)
