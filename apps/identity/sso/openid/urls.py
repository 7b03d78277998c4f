"""Where sign-ins by OpenID Connect begin and end."""

from django.urls import path

from apps.identity.sso.openid import views

urlpatterns = [
    path("<slug:provider_id>/login", views.begin, name="openid_connect_login"),
    path("<slug:provider_id>/callback", views.callback, name="openid_connect_callback"),
]
