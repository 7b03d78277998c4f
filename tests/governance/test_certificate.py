"""The certificate tells what was done and cannot be changed by a letter."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.audit.models import AuditEvent
from apps.audit.services import keys
from apps.governance.core.certificates import SIGNED, message, subject
from apps.governance.services import certificates
from apps.kernel.errors import Invalid


@pytest.fixture
def certificate(canary, erase, world):
    made = erase(world.alice).certificate
    assert made is not None
    return made


def test_it_tells_what_went_what_stayed_and_where_it_is_on_record(certificate, world):
    assert certificate["subject"] == subject(world.alice.public_id)
    assert certificate["removed"]["memories_memory"] >= 8
    told = {row["what"]: row for row in certificate["remained"]}
    assert told["published facts"]["count"] == 1
    assert "independent sources" in told["published facts"]["why"]
    assert told["audit events"]["count"] > 10
    event = AuditEvent.objects.get(public_id=certificate["event"])
    assert event.action == "erasure.finish"
    assert world.alice.public_id in event.object_ids
    assert world.alice.name not in json.dumps(certificate)


def test_it_verifies_without_the_database(certificate, tmp_path, django_db_blocker, world):
    path = tmp_path / "certificate.json"
    path.write_text(json.dumps(certificate, indent=4))
    out = StringIO()
    public = keys.encoded(keys.signer().public)
    with django_db_blocker.block():
        call_command(
            "erasure", "verify", str(path), f"--public-key={public}",
            "--person", str(world.alice.public_id), stdout=out,
        )  # fmt: skip
        call_command("erasure", "verify", str(path), stdout=out)
    assert out.getvalue().count("as it was signed") == 2
    with pytest.raises(CommandError, match="somebody else"):
        call_command("erasure", "verify", str(path), "--person", str(world.bob.public_id))


@pytest.mark.parametrize("name", [*SIGNED, "signature"])
def test_no_field_can_be_changed_or_taken_out(name, certificate):
    known = keys.trusted()
    assert certificates.verify(json.dumps(certificate), known) == certificate
    changed = certificate | {name: "another" if name != "removed" else {"memories_memory": 1}}
    without = {key: value for key, value in certificate.items() if key != name}
    for forged in (changed, without, certificate | {"note": "added"}):
        with pytest.raises(Invalid):
            certificates.verify(json.dumps(forged), known)


def test_another_key_s_signature_does_not_count(certificate):
    other = keys.new()
    forged = certificate | {"key": other.id}
    forged["signature"] = keys.encoded(other.sign(message(forged)))
    with pytest.raises(Invalid, match="No trusted key"):
        certificates.verify(json.dumps(forged), keys.trusted())
    forged["key"] = keys.signer().id
    with pytest.raises(Invalid, match="changed, or is forged"):
        certificates.verify(json.dumps(forged), keys.trusted())


@given(st.text(max_size=200) | st.binary(max_size=50).map(repr))
@settings(max_examples=50, deadline=None)
def test_what_is_no_certificate_is_said_to_be_none(text):
    with pytest.raises(Invalid):
        certificates.verify(text, {})
