"""A mail a day for reviewers: figures only, once, and only where it is switched on."""

from datetime import date

from django.core import mail

from apps.desk import digest, tasks
from apps.kernel import clock
from tests.desk.stage import Said, propose

DAY = date(2026, 3, 2)


def test_it_is_off_by_default(world, request_row):
    tasks.send_digest()
    assert mail.outbox == []


def test_who_has_something_waiting_is_told_how_much_and_no_words(world, request_row, settings):
    settings.REVIEW_DIGEST, settings.PUBLIC_URL = True, "https://hub.example.org"
    propose(world.team, [Said(world.bob, "Secret <b>words</b>.")], days_ago=4)
    assert digest.send(today=DAY) == 1
    sent = mail.outbox[0]
    assert sent.to == ["alice@example.org"]
    assert sent.subject == "MemoryHub: 2 for you to review"
    assert "2 requests for Blue" in sent.body
    assert "waited for 4 days" in sent.body
    assert "https://hub.example.org/desk/" in sent.body
    assert "Halden" not in sent.body
    assert "Secret" not in sent.body


def test_twice_a_day_is_once_and_the_next_day_again(world, request_row, settings):
    settings.REVIEW_DIGEST = True
    assert [digest.send(today=DAY), digest.send(today=DAY)] == [1, 0]
    assert digest.send(today=date(2026, 3, 3)) == 1


def test_nothing_waiting_is_no_mail(world, settings):
    settings.REVIEW_DIGEST = True
    assert digest.send(today=clock.now().date()) == 0


def test_a_mail_that_fails_is_tried_again(world, request_row, settings):
    settings.REVIEW_DIGEST = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert digest.send(today=DAY) == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert digest.send(today=DAY) == 1
