"""Who asks, for the statements of a request; and the exceptions, each with its name.

A context is a plain value of this thread. Statements take it along by themselves (`cursors`).
Outside of any context nothing is entered: a worker or a command is what its login is.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from apps.kernel.isolation.roles import CENSUS, WEB

T = TypeVar("T")
Reach = Literal["own", "review", "organisation"]

# What the database's function tells and policies ask, in this order
SETTINGS = ("spaces", "writable", "review", "organisations", "organisation", "person", "user",
            "audited", "reviewed", "governed")  # fmt: skip


@dataclass(slots=True, eq=False)
class Context:
    """Who asks and how far.

    Attributes:
        user: row id of the person or agent; None for nobody, who sees nothing.
        token: row id of the token; None for a session.
        reach: `own` for what the credential reads and writes; `review` adds what reviewers judge:
            notes below their spaces whose people share them; `organisation` for a step that must
            see past its asker, and never past the organisation.
        organisation: row id of the one in which the hub itself acts, for no user.
        role: the database role of the statements.
        settled: values by `SETTINGS` as the database found them; None before the first statement.
    """

    user: int | None = None
    token: int | None = None
    reach: Reach = "own"
    role: str = WEB
    organisation: int | None = None
    settled: tuple[str, ...] | None = field(default=None, repr=False)

    @property
    def known(self) -> bool:
        """Whether somebody asks; nobody sees nothing."""
        return self.user is not None or self.organisation is not None


_current: ContextVar[Context | None] = ContextVar("isolation", default=None)


def current() -> Context | None:
    """The context of the statements that come next; None outside of a request."""
    return _current.get()


@contextmanager
def within(context: Context | None) -> Iterator[None]:
    """Statements inside the block are of `context`, whatever it becomes by `enter`."""
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)


def nobody() -> Context:
    """A request before it is known who asks."""
    return Context()


def enter(*, user: int, token: int | None = None, reach: Reach = "own") -> None:
    """From here to the end of the request `user` asks, by `token` or a session.

    Does nothing outside of a request.
    """
    known = _current.get()
    if known is None:
        return
    if (known.user, known.token, known.reach) != (user, token, reach):
        _current.set(Context(user, token, reach))


def widen(reach: Reach) -> None:
    """From here to the end of the request the same asker with another reach."""
    known = _current.get()
    if known is not None and known.user is not None:
        enter(user=known.user, token=known.token, reach=reach)


def forget() -> None:
    """The asker's own grants just changed: the next statement finds them anew."""
    known = _current.get()
    if known is not None:
        _current.set(Context(known.user, known.token, known.reach, known.role))


@contextmanager
def reaching(reach: Reach) -> Iterator[None]:
    """A step of the same asker with another reach. Say at the call why it must."""
    known = _current.get()
    if known is None or known.reach == reach or known.user is None:
        yield
        return
    with within(Context(known.user, known.token, reach, known.role)):
        yield


@contextmanager
def acting_in(organisation: int | None) -> Iterator[None]:
    """A step that the hub itself takes within one organisation, whoever asked for it.

    Outside of requests, and for no organisation, nothing changes.
    """
    if _current.get() is None or organisation is None:
        yield
        return
    with within(Context(organisation=organisation, reach="organisation")):
        yield


@contextmanager
def census() -> Iterator[None]:
    """Counting over all organisations; texts cannot be read in it. Outside requests: no change."""
    if _current.get() is None:
        yield
        return
    with within(Context(role=CENSUS)):
        yield


def carried(chunks: Iterable[T]) -> Iterator[T]:
    """`chunks`, each made in the context of now: an answer is streamed after its request."""
    context, made = _current.get(), iter(chunks)
    while True:
        with within(context):
            try:
                chunk = next(made)
            except StopIteration:
                return
        yield chunk
