"""What happens in the rooms around the memories: transcripts, the graph, the archivist, decay,
canon's mirrors, holds, retention, switches, groups of directories, and the daily mail."""

from datetime import timedelta
from random import Random

import pgtrigger
from django.template.loader import render_to_string

from apps.audit.services.events import By
from apps.canon.services import mirrors
from apps.captures.services import distilling
from apps.consolidation.models import Change, Proposal, ProposalSource
from apps.consolidation.services import runs as archivist
from apps.decay.models import DecayRun
from apps.decay.services import runs as decay
from apps.desk import digest
from apps.governance.models import LegalHold
from apps.graph import models as graph
from apps.identity.services import mappings, scim_tokens
from apps.kernel import clock
from apps.memories.models import Memory, MemoryRevision
from apps.spaces.models import Space, Switch
from tests.security.leaks.asking import Answer, Question
from tests.security.leaks.doing import Doing
from tests.security.leaks.facts import Asker
from tests.security.leaks.snapshot import canary, raw

_LONG_AGO = timedelta(days=2000)


class Rooms(Doing):
    """Things that happen, each by chance."""

    # --- captures -----------------------------------------------------------------------------
    def capture(self, chance: Random) -> None:
        """Somebody hands over a session; the worker makes memories of it."""
        asker = self._anybody(chance)
        text = f"User: We decided to use {canary()}.\nAssistant: I prefer {canary()} as well.\n"
        body = {"text": text, "title": canary(), "session_id": canary()}
        self._post(asker, "/captures", body)
        while distilling.distil():
            continue

    # --- graph --------------------------------------------------------------------------------
    def choose_graph(self, chance: Random) -> None:
        body = {"include": chance.random() < 0.7}
        self._send(self._anybody(chance), "PATCH", "/graph/personal", body)

    def tie(self, chance: Random) -> None:
        """A reviewer says that two things are one, that one is two, or takes that back."""
        changes = list(raw(graph.Change))
        if changes and chance.random() < 0.3:
            change = chance.choice(changes)
            asker = self._knowing(chance, "change", change.pk)
            self._post(asker, f"/graph/changes/{change.public_id}/undo", {})
            return
        things = list(raw(graph.Entity))
        if len(things) < 2:
            return
        one = chance.choice(things)
        asker = self._knowing(chance, "entity", one.pk)
        path = f"/graph/entities/{one.public_id}"
        others = [each for each in things if each.pk != one.pk
                  and self.ledger.may_see(asker, str(each.public_id))]  # fmt: skip
        other = chance.choice(others or things)
        if chance.random() < 0.7:
            self._post(asker, f"{path}/merge", {"other": str(other.public_id)})
        elif note := self._note(chance):
            self._post(asker, f"{path}/split", {"memories": [str(note.public_id)]})

    def _knowing(self, chance: Random, kind: str, pk: int) -> Asker:
        """Somebody who reads what speaks of it, and most of the time reviews there."""
        notes = [self.ledger.notes[note] for note in self.ledger.evident.get((kind, pk), ())]
        spaces = {note.space for note in notes} | self.ledger.cited.get((kind, pk), set())
        for permission in ("review", "read"):
            found = [one for one in self.cast.askers
                     if spaces & self.ledger.allowed(one, permission)]  # fmt: skip
            if found:
                return chance.choice(found)
        return self._anybody(chance)

    # --- the archivist ------------------------------------------------------------------------
    def tidy(self, chance: Random) -> None:
        """The archivist goes over a space where the same was said twice."""
        space = chance.choice(list(raw(Space)))
        writers = [one for one in self.cast.askers
                   if space.pk in self.ledger.allowed(one, "write")]  # fmt: skip
        words = f"The lift needs {canary()} after six."
        for asker in chance.sample(writers, min(2, len(writers))):
            self._post(asker, "/memories", {"text": words, "space": str(space.public_id)})
        run = archivist.execute(run_id=archivist.queue(space=space, dry=chance.random() < 0.2).pk)
        assert run.state in {"queued", "done"}, run.error
        self._tell(f"The archivist goes over space {space.pk}: {run.counts}")
        self.last = None

    def offer(self, chance: Random) -> None:
        """A proposal as the archivist leaves it, to merge or to share more widely."""
        space = chance.choice(list(raw(Space)))
        notes = [note for note in raw(Memory).filter(space=space) if note.status == "active"]
        if not notes:
            return
        above = raw(Space).filter(pk=space.parent_id).first()
        wider = above if above is not None and chance.random() < 0.4 else None
        chosen = notes[:1] if wider else chance.sample(notes, min(len(notes), 2))
        proposal = Proposal.objects.create(
            space=space, kind="promotion" if wider else "merge", maker="likeness", target=wider,
            text=chosen[0].text, lead=chosen[0], members_hash=canary(), created_at=clock.now(),
        )  # fmt: skip
        for note in chosen:
            ProposalSource.objects.create(
                proposal=proposal, memory=note, revision=note.revision,
                content_hash=note.content_hash,
            )  # fmt: skip
        self._tell(f"The archivist proposes {proposal.kind} of {[one.pk for one in chosen]}")

    def judge(self, chance: Random) -> None:
        """Somebody decides what the archivist proposes, or takes back what it did."""
        pending = list(raw(Proposal).filter(status="pending").select_related("space"))
        done = list(raw(Change).filter(state="done").select_related("space"))
        if not pending and not done:
            return self.offer(chance)
        row = chance.choice([*pending, *done])
        own = row.space.kind == "personal"
        asker = self._who_may(chance, "write" if own else "review", row.space_id)
        if isinstance(row, Change):
            verb = f"changes/{row.public_id}/undo"
        else:
            verb = f"proposals/{row.public_id}/{chance.choice(('approve', 'approve', 'reject'))}"
        self._post(asker, f"/consolidation/{verb}", {"reason": canary()})
        return None

    def set_archivist(self, chance: Random) -> None:
        space = chance.choice(self.cast.shared)
        asker = self._who_may(chance, "manage", space.pk)
        body = {"space": str(space.public_id), "values": {}, "reason": canary()}
        self._post(asker, "/consolidation/policies", body)

    # --- decay --------------------------------------------------------------------------------
    def fade(self, chance: Random) -> None:
        """Some notes are old, and decay archives what nobody confirmed; or that is undone."""
        done = list(raw(DecayRun).filter(state="done", dry=False))
        if done and chance.random() < 0.4:
            run = chance.choice(done)
            root = next(one for one in self.cast.shared
                        if one.organisation_id == run.organisation_id)  # fmt: skip
            asker = self._who_may(chance, "manage", root.pk)
            self._post(asker, f"/decay-runs/{run.public_id}/undo", {})
            decay.execute(run_id=run.pk)
            return
        home, then = chance.choice(self.cast.organisations), clock.now() - _LONG_AGO
        notes = list(raw(Memory).filter(organisation=home))
        old = [note.pk for note in chance.sample(notes, min(len(notes), 5))]
        Memory.objects.filter(pk__in=old).update(
            created_at=then, updated_at=then, corroborated_at=None
        )
        with pgtrigger.ignore("memories.MemoryRevision:append_only"):
            MemoryRevision.objects.filter(memory__in=old).update(recorded_at=then)
        run = decay.execute(run_id=decay.queue(organisation=home, dry=chance.random() < 0.2).pk)
        assert run.state in {"queued", "done"}, run.error  # a switch holds it
        self._tell(f"Decay over {home.name}: {run.counts}")

    # --- canon's mirror -----------------------------------------------------------------------
    def mirror(self, chance: Random) -> None:
        """The worker brings the repositories up to what was merged."""
        self._tell(f"Repositories: {mirrors.follow_all()}")

    # --- what administrators do ---------------------------------------------------------------
    def govern(self, chance: Random) -> None:
        """Holds, retention, or an erasure that is asked for and not yet carried out."""
        asker, held = self._administrator(chance), list(raw(LegalHold))
        space, note = chance.choice(list(raw(Space))), self._note(chance)
        person = chance.choice(self.cast.people)
        what = chance.choice((
            {"space": str(space.public_id)}, {"person": str(person.public_id)},
            {"memory": str(note.public_id) if note else ""},
        ))  # fmt: skip
        rule = {"space": str(space.public_id), "action": "archive", "max_age_days": 900}
        path, body = chance.choice((
            ("/holds", what), ("/retention-rules", rule), ("/retention-runs", {}),
            ("/erasures", {"person": str(person.public_id)}) if chance.random() < 0.2
            else ("/holds", what),
            (f"/holds/{chance.choice(held).public_id}/release", {}) if held else ("/holds", what),
        ))  # fmt: skip
        self._post(asker, path, {**body, "reason": canary()})

    def switch(self, chance: Random) -> None:
        """Something is stopped, or goes on again."""
        on = list(raw(Switch).filter(lifted_at=None))
        asker = self._administrator(chance)
        if on:
            path = f"/switches/{chance.choice(on).public_id}/lift"
            self._post(asker, path, {"reason": canary()})
        else:
            kind = chance.choice(("promotion", "promotion", "consolidation", "read_only"))
            self._post(asker, "/switches", {"kind": kind, "reason": canary()})

    def connect(self, chance: Random) -> None:
        """A directory gets a credential, and a group of it a role."""
        home = chance.choice(self.cast.organisations)
        spaces = [one for one in self.cast.shared if one.organisation_id == home.pk]
        by = By(organisation=home.public_id)
        wish = mappings.Wish(
            group=canary(), space=chance.choice(spaces), space_role="viewer",
        )  # fmt: skip
        mappings.add(organisation=home, wish=wish, by=by)
        scim_tokens.issue(organisation=home, name=canary(), by=by)
        self._tell(f"{home.name} is connected to a directory")

    # --- the daily mail -----------------------------------------------------------------------
    def write_digest(self, chance: Random) -> None:
        """What the mail to a reviewer says is judged like an answer of the desk."""
        person = chance.choice(self.cast.people)
        waiting = digest.waiting_for(person)
        shown = {"person": person, "waiting": waiting, "days": 0, "url": ""}
        words = render_to_string("desk/digest.txt", shown)
        asker = next(one for one in self.cast.askers if one.user == person.pk and not one.token)
        self._tell(f"{person.name} is written to: {words}")
        self.last = (asker, Question("GET", "mail"), Answer(200, (), words))
