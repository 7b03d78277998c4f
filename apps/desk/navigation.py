"""The sidebar, and how much waits behind its links."""

from typing import Any

from django.db.models import Count, QuerySet, Value
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.actors import Actor
from apps.canon.models import ChangeProposal
from apps.consolidation.models import Proposal
from apps.curation.models import Candidate, Screening, ScreeningState
from apps.desk.actors import actor_of, reviews
from apps.graph.models import Relation
from apps.recall.models import Report
from apps.spaces import access

Item = dict[str, Any]
_COUNTED = "desk_waiting"


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups of links, as the theme wants them."""
    actor = actor_of(request)
    return [
        {"items": _waiting(request, actor)},
        {"title": _("Promotion"), "separator": True, "items": _promotion(actor)},
        {"title": _("What is known"), "separator": True, "items": _known()},
        {"title": _("Access and proof"), "separator": True, "items": _governing(actor)},
    ]


def waiting(request: HttpRequest, counted: int) -> None:
    """Tell the sidebar how many requests wait, where a page has counted them already."""
    vars(request)[_COUNTED] = counted


def _waiting(request: HttpRequest, actor: Actor) -> list[Item]:
    """What a reviewer comes for, with how many wait."""
    judges = reviews(actor)
    rows: dict[str, QuerySet[Any]] = {"canon": ChangeProposal.objects.visible_to(actor).open()}
    known = vars(request).get(_COUNTED)
    if judges:
        rows |= _judged(actor)
        if known is None:
            rows["requests"] = Candidate.objects.visible_to(actor).pending()
    counts = _counted(rows)
    if judges and known is not None:
        counts["requests"] = known
    return [
        _item(_("Overview"), "home", "index"),
        *(
            _item(title, icon, page, counts[name])
            for name, title, icon, page in _PAGES
            if name in counts
        ),
    ]


_PAGES = (
    ("requests", _("Requests"), "inbox", "curation_candidate_changelist"),
    ("disputed", _("Kept back"), "shield", "curation_screening_changelist"),
    ("reports", _("Reports"), "flag", "recall_report_changelist"),
    ("tidying", _("Archivist"), "cleaning_services", "consolidation_proposal_changelist"),
    ("contradicting", _("Contradictions"), "alt_route", "graph_relation_changelist"),
    ("canon", _("Canon proposals"), "difference", "canon_changeproposal_changelist"),
)


def _judged(actor: Actor) -> dict[str, QuerySet[Any]]:
    """What waits for a reviewer's word, besides requests."""
    reviewed = Screening.objects.reviewed_by(actor).current()
    disputed = reviewed.filter(state=ScreeningState.DISPUTED)
    return {
        "disputed": disputed.exclude(memory__owner=actor.principal),
        "reports": Report.objects.visible_to(actor).pending(),
        "tidying": Proposal.objects.visible_to(actor).pending(),
        "contradicting": Relation.objects.reviewed_by(actor).live().conflicting(),
    }


def _counted(rows: dict[str, QuerySet[Any]]) -> dict[str, int]:
    """How many rows there are of each, in one statement."""
    first, *others = (
        each.order_by().annotate(named=Value(name)).values("named").annotate(counted=Count("*"))
        for name, each in rows.items()
    )
    found = first.union(*others, all=True).values_list("named", "counted")
    return dict.fromkeys(rows, 0) | dict(found)


def _promotion(actor: Actor) -> list[Item]:
    """Runs and policies are for reviewers; what is stopped, everybody may know."""
    stopped = _item(_("Kill switches"), "front_hand", "spaces_switch_changelist")
    if not reviews(actor):
        return [stopped]
    return [
        _item(_("Runs"), "autorenew", "curation_curationrun_changelist"),
        _item(_("Decay"), "hourglass_bottom", "decay_decayrun_changelist"),
        {**_item(_("Policies"), "tune", "curation_policy_changelist"), "active": _at_policies},
        _item(_("Quality"), "monitoring", "curation_policy_quality"),
        _item(_("Use of models"), "payments", "usage_modelcall_changelist"),
        stopped,
    ]


def _at_policies(request: HttpRequest) -> bool:
    """The theme goes by how an address begins, and that of *Quality* begins like this one."""
    quality = reverse("desk:curation_policy_quality")
    policies = reverse("desk:curation_policy_changelist")
    return request.path.startswith(policies) and request.path != quality


def _known() -> list[Item]:
    return [
        _item(_("Canon"), "menu_book", "canon_document_changelist"),
        _item(_("Entities"), "hub", "graph_entity_changelist"),
        _item(_("Memories"), "neurology", "memories_memory_changelist"),
        _item(_("Spaces"), "account_tree", "spaces_space_changelist"),
    ]


def _governing(actor: Actor) -> list[Item]:
    """One's own credentials; for administrators and auditors what only they may see."""
    administers = access.administered(actor) is not None
    audits = access.of(actor).organisation_role in {"auditor", "admin"}
    people = _item(_("People"), "group", "accounts_user_changelist")
    erasures = _item(_("Erasures"), "person_off", "governance_erasure_changelist")
    groups = _item(_("Sign-in groups"), "groups", "identity_groupmapping_changelist")
    directories = _item(_("Directories"), "sync", "identity_scimtoken_changelist")
    return [
        *([people, groups, directories] if administers else []),
        _item(_("Tokens"), "key", "accounts_agenttoken_changelist"),
        {"title": _("Second factor"), "icon": "phonelink_lock", "link": reverse("mfa_index")},
        *([_item(_("Audit"), "history", "audit_auditevent_changelist")] if audits else []),
        *([erasures] if administers else []),
    ]


def _item(title: Any, icon: str, page: str, waiting: int = 0) -> Item:
    return {
        "title": title,
        "icon": icon,
        "link": reverse(f"desk:{page}"),
        "badge": str(waiting) if waiting else None,
        "badge_variant": "primary",
        "badge_style": "solid",
    }
