"""A real browser on a real server: the system's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page

from tests.conftest import PASSWORD


@pytest.fixture(scope="session", autouse=True)
def _orm_beside_playwright() -> Iterator[None]:
    """Playwright's sync API runs a loop in this thread, and Django would refuse to query there."""
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    yield
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def base_url() -> None:
    """Tests name the live server themselves; the plugin's own fixture warns of deprecation."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium on PATH")
    return {**browser_type_launch_args, "executable_path": chromium, "args": ["--no-sandbox"]}


@pytest.fixture
def shoot(tmp_path: Path) -> Callable[..., None]:
    """`shoot(page, name)` keeps a picture, under DESK_PICTURES when that is set."""
    folder = Path(os.environ.get("DESK_PICTURES", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)

    def _shoot(page: Page, name: str, *, whole: bool = True) -> None:
        page.screenshot(path=folder / f"{name}.png", full_page=whole)

    return _shoot


class Complaints(list[str]):
    """What the browser complained about: dialogs, script errors, breaches of the policy."""

    def watch(self, page: Page) -> None:
        """Listen from now on."""
        page.on("dialog", self._dismiss)
        page.on("pageerror", lambda error: self.append(f"error: {error}"))
        page.on(
            "console",
            lambda said: self.append(said.text) if said.type == "error" else None,
        )

    def _dismiss(self, dialog: Dialog) -> None:
        self.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@pytest.fixture
def complaints(page: Page) -> Complaints:
    found = Complaints()
    found.watch(page)
    return found


@pytest.fixture
def sign_in(page: Page, live_server: Any) -> Callable[[str], None]:
    """`sign_in("alice@example.org")` through the login form."""

    def _sign_in(email: str) -> None:
        page.goto(f"{live_server.url}/desk/")
        page.wait_for_load_state("networkidle")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()

    return _sign_in
