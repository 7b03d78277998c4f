"""Erasures at the desk: for administrators, who also review somewhere."""

import json

from django.urls import reverse

from apps.accounts.models import User
from apps.audit.services import keys
from apps.governance.models import Erasure
from apps.governance.services import certificates, erasures

LIST = "desk:governance_erasure_changelist"


def start(client, email, again=None):
    body = {"email": email, "again": again or email, "reason": "Request 7 <b>bold</b>."}
    return client.post(reverse("desk:governance_erasure_start"), body, follow=True)


def test_a_reviewer_who_does_not_administer_sees_none_of_it(desk, world):
    assert desk.get(reverse(LIST)).status_code == 403
    assert "Erasures" not in desk.get(reverse("desk:index")).content.decode()
    start(desk, "bob@example.org")
    assert not Erasure.objects.exists()
    assert User.objects.get(email="bob@example.org").is_active


def test_from_the_form_to_the_certificate(admin, world):
    page = start(admin, "Bob@example.org")
    assert "shut out" in page.content.decode()
    erasure = erasures.execute(erasure_id=Erasure.objects.get().pk)
    shown = admin.get(reverse("desk:governance_erasure_change", args=[erasure.public_id]))
    body = shown.content.decode()
    assert "accounts_user" in body
    assert "<b>bold</b>" not in body
    assert str(world.bob.public_id) in admin.get(reverse(LIST)).content.decode()
    link = reverse("desk:governance_erasure_certificate", args=[erasure.public_id])
    answer = admin.get(link)
    assert certificates.verify(answer.content.decode(), keys.trusted())
    assert json.loads(answer.content)["erasure"] == str(erasure.public_id)


def test_a_slip_erases_nobody(admin, world):
    assert "differ" in start(admin, "bob@example.org", "dora@example.org").content.decode()
    assert "Nobody in" in start(admin, "charlie@example.org").content.decode()
    assert "Another administrator" in start(admin, "alice@example.org").content.decode()
    assert not Erasure.objects.exists()
