"""ASGI entry, for servers that want one; WSGI is what is measured and shipped."""

import os

from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "memoryhub.settings")
if not settings.configured:  # else it would only reach the processes started from here
    os.environ.setdefault("DATABASE_ROLE", "web")
application = get_asgi_application()
