"""The search for pairs that are alike."""

import pytest
from django.db import transaction

from apps.curation.services import gathering, neighbours, policies
from apps.kernel import clock
from tests.curation.conftest import OTHERS, SEAL, found


@pytest.mark.django_db(transaction=True)
def test_several_connections_find_the_same_pairs_in_the_same_order(settings, monkeypatch):
    settings.EMBEDDING_MODEL = "local:all-MiniLM-L6-v2"
    monkeypatch.setattr(neighbours, "_BATCH", 2)
    company = found("Kelso")
    for person, text in enumerate((*SEAL, *OTHERS)):
        company.say(person, text)
    policy = policies.of_organisation(company.organisation)
    search = gathering.gather(company.organisation, policy, clock.now()).search
    told: list[int] = []
    beside = list(search.alike(lambda _step, done, _total: told.append(done)))
    with transaction.atomic():
        alone = list(search.alike())
    assert beside == alone
    assert len(beside) > len(SEAL)
    assert told == [2, 4, 6, 8]


@pytest.mark.django_db
def test_many_spaces_find_the_same_pairs_as_few(settings, monkeypatch):
    settings.EMBEDDING_MODEL = "local:all-MiniLM-L6-v2"
    company = found("Kelso")
    for person, text in enumerate((*SEAL, *OTHERS)):
        company.say(person, text)
    policy = policies.of_organisation(company.organisation)
    search = gathering.gather(company.organisation, policy, clock.now()).search
    few = list(search.alike())
    monkeypatch.setattr(neighbours, "_FEW_SPACES", 0)
    assert list(search.alike()) == few
    assert any(edge.lexical for edge in few)
