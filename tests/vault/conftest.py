"""Keys that the tests choose, and no key remembered from the test before."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from apps.vault.core.envelope import Place
from apps.vault.keepers import local
from apps.vault.services import datakeys

OLD, NEW = local.new("old"), local.new("new")


@pytest.fixture(autouse=True)
def _nothing_in_memory() -> Iterator[None]:
    datakeys.forget()
    yield
    datakeys.forget()


@pytest.fixture
def keys(settings: Any) -> Callable[..., None]:
    """`keys(NEW, OLD)`: these are configured from now on, and none is remembered."""

    def configure(*pairs: str) -> None:
        settings.CREDENTIALS_KEEPER = "local"
        settings.CREDENTIALS_KEYS = list(pairs)
        datakeys.forget()

    configure(OLD)
    return configure


@pytest.fixture
def place() -> Place:
    return Place("mfa_authenticator", uuid.uuid4().hex, "totp", uuid.uuid4())
