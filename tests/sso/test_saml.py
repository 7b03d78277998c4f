"""Signing in by SAML 2.0, with responses that a test provider's key really signs."""

import base64
import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from apps.accounts.actors import of_user
from apps.accounts.models import User
from apps.identity.models import GroupMapping, Identity
from apps.spaces import access
from tests.sso.conftest import last_event, refusal
from tests.sso.saml_idp import ENTITY, SSO_URL, Answer, asked, key_and_certificate

HOST = "hub.example.org"
ACS = f"http://{HOST}/sso/corp/saml/acs"
AUDIENCE = f"http://{HOST}/sso/corp/saml/metadata"


@pytest.fixture(scope="module")
def keys() -> tuple[str, str]:
    return key_and_certificate()


@pytest.fixture(scope="module")
def other_keys() -> tuple[str, str]:
    return key_and_certificate()


@dataclass
class Browser:
    client: Client = field(default_factory=lambda: Client(headers={"host": HOST}))

    def begin(self) -> tuple[str, dict[str, list[str]]]:
        """Press the button; id and parameters of the request."""
        page = self.client.post("/sso/corp/saml/login").content.decode()
        address = page.partition("0;url=")[2].partition('"')[0].replace("&amp;", "&")
        assert address.startswith(SSO_URL)
        return asked(address)

    def answer(self, response: str) -> Any:
        """Post what the provider says, and follow to where it is read."""
        posted = self.client.post("/sso/corp/saml/acs", {"SAMLResponse": response})
        assert posted.status_code == 302
        assert posted.headers["Location"] == "/sso/corp/saml/acs/finish"
        return self.client.get(posted.headers["Location"])

    @property
    def person(self) -> User | None:
        key = self.client.session.get("_auth_user_id")
        return User.objects.get(pk=key) if key else None


@pytest.fixture
def entry(keys) -> dict[str, Any]:
    return {
        "id": "corp", "kind": "saml", "name": "Corp", "domains": ["example.org"],
        "organisation": "Aldermoor", "trust_email": True, "idp_entity_id": ENTITY,
        "idp_sso_url": SSO_URL, "idp_certificate": keys[1],
    }  # fmt: skip


@pytest.fixture
def corp(entry, configure, world) -> Browser:
    configure(entry)
    GroupMapping.objects.create(
        organisation=world.organisation, group="Blue reviewers", space=world.team,
        space_role="reviewer",
    )  # fmt: skip
    return Browser()


def says(corp: Browser, **more: Any) -> Answer:
    request_id, _ = corp.begin()
    return Answer(**{"in_response_to": request_id, "acs": ACS, "audience": AUDIENCE, **more})


def test_a_signed_answer_to_our_request_lets_somebody_in(corp, keys, world):
    done = corp.answer(says(corp).signed(*keys))
    assert done.headers["Location"] == "/desk/"
    hana = corp.person
    assert hana is not None
    assert (hana.email, hana.name) == ("hana@example.org", "Hana Mori")
    assert access.of(of_user(hana)).ids("review") == {world.team.pk}
    identity = Identity.objects.get(person=hana)
    assert (identity.issuer, identity.subject) == (ENTITY, "saml-1")
    corp.answer(says(corp, groups=()).signed(*keys))
    hana.refresh_from_db()
    assert not hana.is_active


@pytest.mark.parametrize(
    "wrong",
    [
        {"audience": "https://another.example/metadata"},
        {"issuer": "https://another.example/entity"},
        {"acs": "https://another.example/acs"},
        {"in_response_to": "_never"},
        {"valid_for": dt.timedelta(minutes=-10)},
    ],
    ids=str,
)
def test_an_answer_that_is_not_for_us_lets_nobody_in(corp, keys, wrong):
    done = corp.answer(says(corp, **wrong).signed(*keys))
    assert refusal(done) == "sign_in_failed"
    assert corp.person is None
    assert not User.objects.filter(email="hana@example.org").exists()


def test_a_wrong_signature_or_none_lets_nobody_in(corp, keys, other_keys):
    assert refusal(corp.answer(says(corp).signed(*other_keys))) == "sign_in_failed"
    assert refusal(corp.answer(says(corp).unsigned())) == "sign_in_failed"
    signed = base64.b64decode(says(corp).signed(*keys)).decode()
    changed = signed.replace("hana@example.org", "alice@example.org")
    assert changed != signed
    forged = base64.b64encode(changed.encode()).decode()
    assert refusal(corp.answer(forged)) == "sign_in_failed"
    assert refusal(corp.answer("nonsense")) == "sign_in_failed"
    assert corp.person is None
    assert last_event("session.refuse").reason == "sign_in_failed"


def test_an_answer_counts_once_and_only_in_the_browser_that_asked(corp, keys):
    response = says(corp).signed(*keys)
    assert corp.answer(response).headers["Location"] == "/desk/"
    corp.client.post("/desk/logout/")
    assert refusal(corp.answer(response)) == "sign_in_failed"
    assert corp.person is None
    stranger = Browser()
    fresh = says(corp).signed(*keys)
    assert refusal(stranger.answer(fresh)) == "sign_in_failed"
    assert stranger.person is None


def test_a_subject_of_one_sign_in_only_names_nobody(corp, keys):
    transient = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
    assert refusal(corp.answer(says(corp, format=transient).signed(*keys))) == ("no_stable_subject")


def test_addresses_count_only_where_the_provider_is_trusted_with_them(corp, keys, entry, configure):
    configure({**entry, "trust_email": False})
    assert refusal(corp.answer(says(corp).signed(*keys))) == "email_unverified"


def test_our_metadata_says_where_answers_go(corp):
    page = corp.client.get("/sso/corp/saml/metadata")
    assert page.headers["Content-Type"] == "text/xml"
    text = page.content.decode()
    assert f'entityID="{AUDIENCE}"' in text
    assert f'Location="{ACS}"' in text
    assert 'WantAssertionsSigned="true"' in text


def test_requests_are_signed_with_our_key(corp, entry, configure, other_keys):
    _, plain = corp.begin()
    assert "Signature" not in plain
    configure({**entry, "sp_private_key": other_keys[0], "sp_certificate": other_keys[1]})
    _, signed = corp.begin()
    assert signed["SigAlg"] == ["http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"]
    assert len(base64.b64decode(signed["Signature"][0])) == 256
    metadata = corp.client.get("/sso/corp/saml/metadata").content.decode()
    assert re.search(r'AuthnRequestsSigned="true"', metadata)
    assert "SignatureValue" in metadata


def test_there_is_no_other_way_in(corp):
    assert corp.client.get("/sso/corp/saml/login").status_code == 405
    assert corp.client.get("/sso/corp/saml/acs").status_code == 405
    assert corp.client.get("/sso/none/saml/metadata").status_code == 404
    assert refusal(corp.client.get("/sso/corp/saml/acs/finish")) == "sign_in_failed"
