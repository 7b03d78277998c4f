"""ASGI entry, for servers that want one; WSGI is what is measured and shipped."""

from django.core.asgi import get_asgi_application

from memoryhub import process

process.become("web")
application = get_asgi_application()
