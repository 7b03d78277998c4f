"""ASGI entry, for servers that want one; WSGI is what is measured and shipped."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "memoryhub.settings")
os.environ.setdefault("DATABASE_ROLE", "web")
application = get_asgi_application()
