"""Every address of SCIM 2.0, below /scim/v2/."""

from django.urls import path

from apps.identity.api import views

urlpatterns = [
    path("Users", views.UsersView.as_view(), name="scim_users"),
    path("Users/<uuid:id>", views.UserView.as_view(), name="scim_user"),
    path("Groups", views.GroupsView.as_view(), name="scim_groups"),
    path("Groups/<uuid:id>", views.GroupView.as_view(), name="scim_group"),
    path("ServiceProviderConfig", views.ServiceProviderConfigView.as_view(), name="scim_config"),
    path("Schemas", views.SchemasView.as_view(), name="scim_schemas"),
    path("Schemas/<str:id>", views.SchemasView.as_view(), name="scim_schema"),
    path("ResourceTypes", views.ResourceTypesView.as_view(), name="scim_types"),
    path("ResourceTypes/<str:id>", views.ResourceTypesView.as_view(), name="scim_type"),
]
