"""`/git/{space}.git`: the repository of a space over git's own HTTP, for reading only.

Git sends a token as the password of HTTP Basic; the name before it may be anything.
"""

import base64
import binascii
import gzip
import io
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase
from drf_spectacular.utils import extend_schema
from dulwich.errors import GitProtocolError
from dulwich.server import DictBackend, UploadPackHandler
from dulwich.web import HTTPGitApplication
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.accounts.actors import Actor
from apps.accounts.authentication import SessionAuthentication, TokenAuthentication
from apps.accounts.models import User
from apps.audit.services import events
from apps.canon.services import mirrors
from apps.kernel.errors import Invalid, LimitExceeded
from apps.spaces import access
from apps.spaces.models import Space

SERVICE = b"git-upload-pack"
_ASKED = 4 * 1024 * 1024  # bytes of what a client has and wants
_HEADERS = ("REQUEST_METHOD", "CONTENT_TYPE", "QUERY_STRING", "HTTP_GIT_PROTOCOL")


class GitAuthentication(TokenAuthentication):
    """A token as Bearer, or as the password of HTTP Basic."""

    def authenticate(self, request: Request) -> tuple[User, Actor] | None:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            _as_bearer(request, given)
        return super().authenticate(request)

    def authenticate_header(self, request: Request) -> str:
        return 'Basic realm="memoryhub"'


class _Anything(BaseContentNegotiation):
    """Git asks for media types of its own."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str = "") -> Any:  # type: ignore[override]
        return renderers[0], renderers[0].media_type


class _GitView(APIView):
    """What a clone or a fetch asks for. Pushing is refused: changes are proposals."""

    authentication_classes = [GitAuthentication, SessionAuthentication]
    content_negotiation_class = _Anything
    scopes = {"post": "read"}

    def _answer(self, request: Request, id: UUID, path: str, body: bytes) -> HttpResponseBase:
        space = self._space(request, id)
        with mirrors.opened(space) as repo:
            if repo is None:
                raise Http404
            repositories: dict[str, Any] = {"/repo": repo}
            backend = DictBackend(repositories)
            app = HTTPGitApplication(backend, handlers={SERVICE: UploadPackHandler})
            app.handlers = {SERVICE: UploadPackHandler}
            status, headers, content = _run(app, request, f"/repo{path}", body)
        _record(request, space)
        response = HttpResponse(content, status=status)
        for name, value in headers:
            response[name] = value
        return response

    def _space(self, request: Request, id: UUID) -> Space:
        """The space, if the asker reads it."""
        actor: Actor = request.auth  # type: ignore[assignment]
        readable = Space.objects.filter(pk__in=access.of(actor).ids("read"))
        space = readable.exclude(kind="personal").filter(public_id=id).first()
        if space is None:
            raise Http404
        return space


class RefsView(_GitView):
    """Where a clone begins."""

    @extend_schema(exclude=True)
    def get(self, request: Request, id: UUID) -> HttpResponseBase:
        """The branches and what the server can do; only git's smart protocol is spoken."""
        service = request.query_params.get("service", "")
        if service == "git-receive-pack":
            self._space(request, id)
            return _refused("This repository is only read: propose changes in the hub.")
        if service != SERVICE.decode():
            raise Http404
        return self._answer(request, id, "/info/refs", b"")


class UploadPackView(_GitView):
    """What a clone gets."""

    @extend_schema(exclude=True)
    def post(self, request: Request, id: UUID) -> HttpResponseBase:
        """A pack of what is wanted and not there yet."""
        return self._answer(request, id, f"/{SERVICE.decode()}", _body(request))


def _as_bearer(request: Request, given: str) -> None:
    """What follows the colon is the token; broken Base64 stays an invalid credential."""
    try:
        _, _, token = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        token = "none"  # noqa: S105
    request._request.META["HTTP_AUTHORIZATION"] = f"Bearer {token}"  # noqa: SLF001
    request._request.__dict__.pop("headers", None)  # noqa: SLF001  they are kept once read


def _body(request: Request) -> bytes:
    """What the client sends, unpacked; git packs it when it is long."""
    raw = request._request.body  # noqa: SLF001  DRF would parse it
    if request.headers.get("Content-Encoding") == "gzip":
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(raw)) as unpacked:
                raw = unpacked.read(_ASKED + 1)
        except (OSError, EOFError) as error:
            raise Invalid("The body is not gzip.") from error
    if len(raw) > _ASKED:
        raise LimitExceeded(f"The body has more than {_ASKED:,} bytes.")
    return raw


def _run(
    app: HTTPGitApplication, request: Request, path: str, body: bytes
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Ask dulwich; returns status, headers and content."""
    meta = request._request.META  # noqa: SLF001
    environ = {name: meta.get(name, "") for name in _HEADERS}
    environ |= {"PATH_INFO": path, "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}
    told: list[Any] = []
    written = io.BytesIO()

    def start(status: str, headers: list[tuple[str, str]], _: Any = None) -> Any:
        told[:] = [int(status.split(maxsplit=1)[0]), headers]
        return written.write

    try:
        for piece in app(environ, start):
            written.write(piece)
    except (GitProtocolError, AssertionError, KeyError, ValueError) as error:
        raise Invalid("This is no request of git.") from error
    return told[0], told[1], written.getvalue()


def _record(request: Request, space: Space) -> None:
    actor: Actor = request.auth  # type: ignore[assignment]
    events.record(
        action="canon.clone",
        by=actor.by,
        space=space.public_id,
        object_type="space",
        object_ids=[space.public_id],
    )


def _refused(text: str) -> HttpResponse:
    return HttpResponse(text, status=403, content_type="text/plain")
