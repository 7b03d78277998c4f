"""Where sign-ins by GitHub begin and end."""

from django.urls import path

from apps.identity.sso.github import views

urlpatterns = [
    path("<slug:provider_id>/github/login", views.begin, name="github_login"),
    path("<slug:provider_id>/github/callback", views.callback, name="github_callback"),
]
