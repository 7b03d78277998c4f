"""Every path the hub answers."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from apps.canon.api.urls import repositories
from apps.desk.site import desk
from memoryhub import api, pages

handler400 = "memoryhub.errors.bad_request"
handler403 = "memoryhub.errors.denied"
handler404 = "memoryhub.errors.not_found"
handler500 = "memoryhub.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.home, name="home"),
    path("api/", include(api.urlpatterns)),
    path("api/docs", pages.SwaggerView.as_view(url_name="schema"), name="docs"),
    path("git/", include(repositories)),
    path("desk/account/", include("apps.desk.account")),
    path("desk/", desk.urls),
    path("language", set_language, name="set_language"),
    path("sso/", include("apps.identity.sso.urls")),
    path("scim/v2/", include("apps.identity.api.urls")),
    path("health/live", pages.live, name="live"),
    path("health/ready", pages.ready, name="ready"),
    path("metrics", pages.metrics, name="metrics"),
]
