"""Who may know a fact of each kind, as the documentation says it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.security.leaks.facts import EVERY_SCOPE, GOVERNING, Asker, Fact, Mark, Said, Token

if TYPE_CHECKING:
    from tests.security.leaks.oracle import Ledger

Rule = Callable[["Ledger", Asker, Fact], bool]


def _note(ledger: "Ledger", asker: Asker, fact: Fact) -> bool:
    """The id of a memory is for readers of its space, whoever is shown its mark, reviewers who
    published it, and whoever named it."""
    note = ledger.notes[fact.ref]
    return (
        note.space in ledger.allowed(asker, "read")
        or any(mark.note == fact.ref and _sees_mark(ledger, asker, mark)
               for mark in ledger.marks.values())
        or any(one.published == fact.ref and one.target in ledger.allowed(asker, "review")
               for one in ledger.candidates.values())
        or any(_said(ledger, asker, ledger.said["outcome", pk])
               for pk in ledger.named_by.get(fact.ref, ()))
    )  # fmt: skip


def _words(ledger: "Ledger", asker: Asker, fact: Fact) -> bool:
    """Words of a memory are for its readers; for reviewers while its person offers it and a request
    shows them or its owner disputes a mark."""
    if ledger.reads_note(asker, fact.ref):
        return True
    note = ledger.notes[fact.ref]
    if not ledger.offered(fact.ref):
        return False
    disputed = any(
        mark.note == fact.ref and mark.state == "disputed" and mark.revision == note.revision
        for mark in ledger.marks.values()
    )
    if disputed and fact.number == note.revision and ledger.reviews_above(asker, note):
        return True
    reviewed = ledger.allowed(asker, "review")
    return any(
        one.target in reviewed and one.shown.get(fact.ref) == fact.number
        for one in ledger.candidates.values()
    )


def _sees_mark(ledger: "Ledger", asker: Asker, mark: Mark) -> bool:
    note = ledger.notes[mark.note]
    own = note.owner == asker.person and note.space in ledger.allowed(asker, "read")
    return own or ledger.reviews_above(asker, note)


def _mark(ledger: "Ledger", asker: Asker, fact: Fact) -> bool:
    """A mark is for its owner, and for reviewers above while the owner shares for promotion."""
    return _sees_mark(ledger, asker, ledger.marks[fact.ref])


def _space(ledger: "Ledger", asker: Asker, fact: Fact) -> bool:
    """A space is for whoever may do something there; the id of a personal one also for who sees a
    mark, and of any for whose token was limited to it."""
    if any(fact.ref in ledger.allowed(asker, permission) for permission in EVERY_SCOPE):
        return True
    return fact.is_id and (
        any(
            ledger.notes[mark.note].space == fact.ref and _sees_mark(ledger, asker, mark)
            for mark in ledger.marks.values()
        )
        or any(
            fact.ref in (token.spaces or ()) and _sees_token(asker, token)
            for token in ledger.tokens.values()
        )
    )


def _candidate(ledger: "Ledger", asker: Asker, fact: Fact) -> bool:
    """A request and its text are for reviewers of its target."""
    return ledger.candidates[fact.ref].target in ledger.allowed(asker, "review")


def _of_reviewers(ledger: "Ledger", asker: Asker, fact: Fact) -> bool:
    """What stands in a space's policy or report is for its reviewers."""
    return fact.ref in ledger.allowed(asker, "review")


def _canon(ledger: "Ledger", asker: Asker, fact: Fact) -> bool:
    """Documents, proposals, what is said of them and the rules are for readers of the space."""
    return fact.ref in ledger.allowed(asker, "read")


def _engine(ledger: "Ledger", asker: Asker, fact: Fact) -> bool:
    """Runs and decisions, without words, are for whoever reviews somewhere in the organisation."""
    reviewed = ledger.allowed(asker, "review")
    return any(ledger.spaces[pk].organisation == fact.organisation for pk in reviewed)


def _said(ledger: "Ledger", asker: Asker, said: Said) -> bool:
    return said.person == asker.person and (asker.spaces is None or said.user == asker.user)


def _own(ledger: "Ledger", asker: Asker, fact: Fact) -> bool:
    """What a person asked or reported is for that person and its agents; for a credential that is
    limited to spaces, what its own user did."""
    return _said(ledger, asker, ledger.said[fact.kind, fact.ref])


def _capture(ledger: "Ledger", asker: Asker, fact: Fact) -> bool:
    """A transcript is for its person and that person's agents, whoever reviews the space."""
    person, space = ledger.captures[fact.ref]
    return person == asker.person and space in ledger.allowed(asker, "read")


def _feedback(ledger: "Ledger", asker: Asker, fact: Fact) -> bool:
    """Feedback is for who gave it, who answers for the memory and who reviews its space."""
    said = ledger.said["feedback", fact.ref]
    assert said.note is not None
    note = ledger.notes[said.note]
    if note.space not in ledger.allowed(asker, "read"):
        return False
    return asker.person in {said.person, note.owner} or note.space in ledger.allowed(
        asker, "review"
    )


def _person(ledger: "Ledger", asker: Asker, fact: Fact) -> bool:
    """A person's name and id are for the organisation, which a person may have left."""
    return asker.person == fact.ref or _within(ledger, asker, fact)


def _email(ledger: "Ledger", asker: Asker, fact: Fact) -> bool:
    """An address is for its person, and for who adds people of the organisation by their address:
    administrators and whoever manages a space."""
    if asker.person == fact.ref:
        return True
    own = ledger.people.get(asker.person)
    if own is None or own.organisation != fact.organisation:
        return False
    return own.role == "admin" or bool(ledger.allowed(asker, "manage"))


def _agent(ledger: "Ledger", asker: Asker, fact: Fact) -> bool:
    """An agent is for its owner, and for readers of a space where it has written."""
    acted = ledger.acted_in.get(fact.ref, set())
    return ledger.agents[fact.ref] == asker.person or bool(acted & ledger.allowed(asker, "read"))


def _sees_token(asker: Asker, token: Token) -> bool:
    if token.person != asker.person or "manage" not in asker.scopes or asker.is_agent:
        return False
    if asker.token is None:
        return True
    within = asker.spaces is None or (token.spaces is not None and token.spaces <= asker.spaces)
    return within and token.scopes <= asker.scopes


def _token(ledger: "Ledger", asker: Asker, fact: Fact) -> bool:
    """A token is for its person; by a token, for one that may do no less."""
    return _sees_token(asker, ledger.tokens[fact.ref])


def _evident(ledger: "Ledger", asker: Asker, fact: Fact) -> bool:
    """An entity, a relation or a change of entities is for readers of a note that speaks of it, or
    of the space whose canon does."""
    notes = ledger.evident.get((fact.kind, fact.ref), set())
    cited = ledger.cited.get((fact.kind, fact.ref), set())
    return bool(cited & ledger.allowed(asker, "read")) or any(
        ledger.reads_note(asker, note) for note in notes
    )


def _nobody(ledger: "Ledger", asker: Asker, fact: Fact) -> bool:
    """Only the audit names it."""
    return False


def _archivist(ledger: "Ledger", asker: Asker, fact: Fact) -> bool:
    """What the archivist did and proposes in a space, or for a wider one, is for who reads and
    reviews each of them, or owns it in person."""
    if asker.is_agent or "review" not in asker.scopes:
        return False
    return all(
        space in ledger.allowed(asker, "read")
        and space
        in ledger.allowed(
            asker, "write" if ledger.spaces[space].person == asker.person else "review"
        )
        for space in {fact.ref, fact.number or fact.ref}
    )


def _governed(ledger: "Ledger", asker: Asker, fact: Fact) -> bool:
    """Erasures, holds, retention, mappings and directories' tokens are for administrators."""
    return ledger.administers(asker, fact.organisation)


def _within(ledger: "Ledger", asker: Asker, fact: Fact) -> bool:
    """What is stopped in an organisation, and why, is for everybody in it."""
    own = ledger.people.get(asker.person)
    return own is not None and own.active and own.organisation == fact.organisation is not None


RULES: dict[str, Rule] = {
    "organisation": _person,
    "person": _person,
    "email": _email,
    "agent": _agent,
    "token": _token,
    "space": _space,
    "note": _note,
    "words": _words,
    "candidate": _candidate,
    "mark": _mark,
    "policy": _of_reviewers,
    "report": _of_reviewers,
    **dict.fromkeys(("document", "canon", "canon_rules"), _canon),
    "run": _engine,
    "decay_run": _engine,
    "decision": _engine,
    "cluster": _engine,
    "outcome": _own,
    "recall": _own,
    "feedback": _feedback,
    "entity": _evident,
    "relation": _evident,
    "change": _evident,
    "capture": _capture,
    "event": _nobody,
    **dict.fromkeys(
        ("archivist_run", "archivist_change", "archivist_proposal", "archivist_policy"), _archivist
    ),
    **dict.fromkeys((*GOVERNING, "mapping", "scim_token"), _governed),
    "switch": _within,
    "denied": _nobody,
}
