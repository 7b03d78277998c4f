"""One hub for the tests that leave it as they found it."""

from collections.abc import Iterator

import pytest

from tests.durability.hub import Hub


@pytest.fixture(scope="package")
def shared() -> Iterator[Hub]:
    """A running hub with two web processes, a worker and the bundled model."""
    hub = Hub()
    try:
        hub.start()
        yield hub
    finally:
        hub.remove()
