"""Every address of single sign-on, below /sso/."""

from apps.identity.sso.github import urls as github
from apps.identity.sso.openid import urls as openid
from apps.identity.sso.saml import urls as saml

urlpatterns = [*openid.urlpatterns, *github.urlpatterns, *saml.urlpatterns]
