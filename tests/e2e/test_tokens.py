"""Tokens at the desk, and the API's documentation, in a browser under the content policy."""

import re

import pytest
from playwright.sync_api import expect

from apps.accounts.services import tokens, users
from apps.audit.services.events import SYSTEM
from tests.conftest import World

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_somebody_makes_rotates_and_revokes_a_token(
    page, transactional_db, world: World, sign_in, shoot, complaints
):
    agent = users.create_agent(owner=world.alice, name="Night shift", by=SYSTEM)
    tokens.issue(user=agent, name="host 4", scopes=["read", "write"], rate_limit=600)
    sign_in("alice@example.org")
    page.get_by_role("link", name="Tokens").click()
    shoot(page, "tokens")
    page.get_by_role("link", name="New token").click()
    page.get_by_label("What it is for").fill("host 5")
    page.get_by_label("Who acts with it").select_option("Night shift")
    page.get_by_label("Read").check()
    page.get_by_label("Blue").check()
    shoot(page, "token_form")
    page.get_by_role("button", name="Make the token").click()
    secret = page.get_by_label("The token", exact=True)
    plain = secret.input_value()
    assert re.fullmatch(r"mh_[0-9a-f]{18}\.[\w-]{43}", plain)
    shoot(page, "token_issued")
    page.get_by_role("link", name="I have copied it").click()
    shoot(page, "token")
    page.get_by_role("button", name="Rotate").click()
    expect(page.get_by_text("The one it replaces works until")).to_be_visible()
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("button", name="Revoke now").click()
    expect(page.get_by_text("The token is revoked")).to_be_visible()
    assert complaints == []


def test_the_documentation_works_without_inline_styles(page, live_server, complaints, shoot):
    page.goto(f"{live_server.url}/api/docs")
    page.locator("#operations-tag-memories").click(timeout=30_000)
    expect(page.get_by_text("/api/v1/memories/bulk").first).to_be_visible(timeout=30_000)
    shoot(page, "docs")
    assert complaints == []
