"""A promotion request becomes a proposal to canon: approved with it, named by it."""

import pytest

from apps.accounts.actors import of_user
from apps.audit.services.events import SYSTEM
from apps.canon.models import ProposalSource
from apps.canon.services import escalation as canon
from apps.canon.services import merging, proposals
from apps.curation.models import Candidate
from apps.curation.services import candidates, escalation, policies
from apps.kernel.errors import Forbidden, PreconditionFailed
from apps.spaces.services import grants
from tests.curation.conftest import SEAL, Company


@pytest.fixture
def request_of(company: Company, chatter) -> Candidate:
    for person, text in enumerate(SEAL, start=1):
        company.say(person, text)
    chatter()
    company.run()
    return Candidate.objects.pending().select_related("target", "published").latest("pk")


def test_a_pending_request_is_approved_and_proposed(company, request_of, settings, tmp_path):
    settings.CANON_MIRROR_DIR = tmp_path
    reviewer = of_user(company.people[0])
    asked = {"actor": reviewer, "candidate": request_of, "title": "Winter pumps"}
    with pytest.raises(PreconditionFailed):
        escalation.propose_from_request(**asked, expected_revision=99)
    proposal = escalation.propose_from_request(**asked)
    request_of.refresh_from_db()
    assert (request_of.status, proposal.origin) == ("approved", "request")
    assert (proposal.path, proposal.space) == ("winter-pumps.md", request_of.target)
    assert request_of.text in proposal.content
    # Only what is shared is a source; the members stay behind the request
    assert ProposalSource.objects.get(proposal=proposal).memory == request_of.published
    assert escalation.propose_from_request(**asked) == proposal
    with pytest.raises(Forbidden, match="Nobody approves"):
        proposals.approve(actor=reviewer, proposal=proposal, sha256=proposal.sha256)
    assert str(request_of.public_id) in str(_merged(company, proposal).witness["sources"])
    with pytest.raises(canon.AlreadyCanon):
        escalation.propose_from_request(**asked)


def _merged(company: Company, proposal):
    second = company.people[7]
    grants.grant(space=proposal.space, person=second, role="reviewer", by=SYSTEM)
    proposals.approve(actor=of_user(second), proposal=proposal, sha256=proposal.sha256)
    return merging.merge(actor=of_user(second), proposal=proposal)


def test_what_was_turned_down_or_needs_more_approvals_is_not_proposed(company, request_of):
    reviewer = of_user(company.people[0])
    policies.change(
        actor=reviewer, space=request_of.target, values={"approvals": 2}, reason="Four eyes."
    )
    with pytest.raises(escalation.NotPublished, match="Several reviewers"):
        escalation.propose_from_request(actor=reviewer, candidate=request_of)
    candidates.reject(actor=reviewer, candidate=request_of, reason="No.")
    with pytest.raises(escalation.NotPublished, match="Nothing of this request"):
        escalation.propose_from_request(actor=reviewer, candidate=request_of)
    with pytest.raises(Forbidden):
        escalation.propose_from_request(actor=of_user(company.people[1]), candidate=request_of)
