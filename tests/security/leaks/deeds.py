"""What people, their agents and the nightly job do to the world, through the real application.

A deed that is refused changes nothing; the world is read anew after each.
"""

from collections.abc import Callable
from random import Random
from typing import Any

from apps.accounts.models import User
from apps.curation.core.policy import DEFAULT
from apps.curation.models import (
    Candidate,
    CandidateMember,
    Cluster,
    CurationRun,
    Decision,
    Screening,
    ScreeningState,
)
from apps.curation.services import runs
from apps.graph.services import pending
from apps.kernel import clock
from apps.kernel.errors import Error
from apps.memories.models import Memory
from apps.recall.models import Report
from apps.spaces.models import Membership, Space
from tests.security.leaks.cast import cut_of
from tests.security.leaks.facts import Asker
from tests.security.leaks.oracle import Ledger
from tests.security.leaks.rooms import Rooms
from tests.security.leaks.snapshot import canary, raw


class Deeds(Rooms):
    """Things that happen, each by chance."""

    def do(self, chance: Random, ledger: Ledger) -> None:
        """Any one deed; more often what fills the world than what empties it."""
        self.ledger, self.last = ledger, None
        try:
            chance.choice(_DEEDS)(self, chance)
        except Error as refused:  # of a service: somebody is switched off, or the hub is read-only
            self._tell(f"Refused: {refused.detail}")
        self._read_graph()

    def begin(self, chance: Random, person: User, ledger: Ledger) -> None:
        """What somebody has kept before the story begins: a note everywhere they may write."""
        self.ledger = ledger
        own = next(one for one in self.cast.askers if one.user == person.pk and not one.token)
        writable = [one for one in self.cast.shared if one.pk in ledger.allowed(own, "write")]
        for space in (None, None, *writable):
            self._keep(chance, own, space)
        self._read_graph()

    def _read_graph(self) -> None:
        """What the worker does meanwhile."""
        while pending.read():
            continue

    # --- memories -----------------------------------------------------------------------------
    def write(self, chance: Random) -> None:
        """Something new, or in the words of somebody else; mostly where the asker may write."""
        asker = self._anybody(chance)
        own = self.ledger.allowed(asker, "write")
        open_to = [one for one in self.cast.shared if one.pk in own or chance.random() < 0.1]
        self._keep(chance, asker, chance.choice([None, *open_to]), bold=0.3)

    def _keep(
        self, chance: Random, asker: Asker, space: Space | None, *, bold: float = 0.0
    ) -> None:
        body: dict[str, Any] = {
            "text": f"Customers like {canary()} best.",
            "tags": [canary(), *chance.choice(([], [], ["private"]))],
            "metadata": {
                "k": canary(),
                "customer": canary(),
                "relations": [{"subject": canary(), "type": "knows", "object": canary()}],
            },
            "session_id": canary(),
            "sensitivity": chance.choice(("normal", "normal", "normal", "restricted", "secret")),
        }
        if space is not None:
            body["space"] = str(space.public_id)
        if chance.random() < bold and (note := self._note(chance)):
            body |= chance.choice((
                {"text": note.text}, {"derived_from": [str(note.public_id)]},
                {"supersedes": str(note.public_id), "space": str(note.space.public_id)},
            ))  # fmt: skip
        told = self._post(asker, "/memories", body).json()
        if told.keys() == {"id", "created"} and "read" not in asker.scopes:
            self.last = None  # a credential that may not read is told this much, and no more

    def edit(self, chance: Random) -> None:
        if note := self._note(chance):
            changes = chance.choice((
                {"text": f"Customers now like {canary()}."}, {"tags": ["private"]},
                {"tags": [canary()]}, {"sensitivity": "restricted"}, {"sensitivity": "normal"},
            ))  # fmt: skip
            asker = self._reader_of(chance, note)
            self._send(asker, "PATCH", f"/memories/{note.public_id}", changes)

    def retract(self, chance: Random) -> None:
        if note := self._note(chance):
            asker = self._reader_of(chance, note)
            self._send(asker, "DELETE", f"/memories/{note.public_id}", {})

    def testify(self, chance: Random) -> None:
        if note := self._note(chance):
            verb = chance.choice(("confirm", "contradict"))
            asker = self._reader_of(chance, note)
            self._post(asker, f"/memories/{note.public_id}/{verb}", {"note": canary()})

    def report_outcome(self, chance: Random) -> None:
        named = [str(note.public_id) for note in [self._note(chance)] if note]
        body = {"task": canary(), "success": chance.random() < 0.5, "memory_ids": named}
        self._post(self._anybody(chance), "/outcomes", body)

    def recall(self, chance: Random) -> None:
        query = chance.choice(["Customers like what?", *sorted(self._words())[:40]])
        self._post(self._anybody(chance), "/recall", {"query": query, "limit": 50})

    def give_feedback(self, chance: Random) -> None:
        """Somebody asks, and says of an answer what they think."""
        asker = self._anybody(chance)
        asked = self._post(asker, "/recall", {"query": "Customers like what?", "limit": 50})
        shown = (asked.json() or {}).get("results", [])
        if shown:
            body = {
                "verdict": chance.choice(("useful", "wrong", "harmful")),
                "memory_ids": [one["id"] for one in chance.sample(shown, min(3, len(shown)))],
                "note": canary(),
            }
            self._post(asker, f"/recall/{asked.json()['recall_id']}/feedback", body)

    # --- who may do what ----------------------------------------------------------------------
    def grant(self, chance: Random) -> None:
        """By somebody who may, most of the time; the record follows what was answered."""
        space, person = chance.choice(self.cast.shared), chance.choice(self.cast.people)
        asker = self._who_may(chance, "manage", space.pk)
        role = chance.choice(("", "", "viewer", "member", "reviewer", "curator"))
        path = f"/spaces/{space.public_id}/members"
        answer = self._post(asker, path, {"email": person.email, "role": role})
        if answer.status == 200:
            self.cast.roles.pop((person.pk, space.pk), None)
            if role:
                self.cast.roles[person.pk, space.pk] = role

    def found_team(self, chance: Random) -> None:
        asker = self._anybody(chance)
        above = chance.choice(self.cast.shared)
        body = {"name": f"Team {canary()}", "parent": str(above.public_id)}
        answer = self._post(asker, "/spaces", body)
        if answer.status == 201:
            space = raw(Space).get(public_id=answer.json()["id"])
            self.cast.shared.append(space)
            self.cast.roles[asker.person, space.pk] = "curator"
            self.last = None  # who makes a team is told its id, whatever the token is limited to

    def issue_token(self, chance: Random) -> None:
        user = chance.choice([*self.cast.people, *self.cast.agents])
        spaces = None
        if chance.random() < 0.5:
            own = list(raw(Space).filter(person_id=user.owner_id or user.pk))
            spaces = chance.sample([*self.cast.shared, *own], 2)
        token = self.cast.token(user, cut_of(chance.randrange(7)), spaces)
        self._tell(f"{user.name} gets a token with {token.scopes}, limited to {spaces}")

    def register(self, chance: Random) -> None:
        if chance.random() < 0.5:
            agent = self.cast.agent(chance.choice(self.cast.people))
            self._tell(f"{agent.name} is registered")
        else:
            home = chance.choice(self.cast.organisations)
            person = self.cast.settle(f"Person {len(self.cast.people)}", home)
            self._tell(f"{person.name} joins {home.name}")

    def choose_sharing(self, chance: Random) -> None:
        share = chance.choice((True, False, None))
        self._send(self._anybody(chance), "PATCH", "/me", {"share_for_promotion": share})

    def leave(self, chance: Random) -> None:
        """Rarely, somebody leaves the organisation or is switched off."""
        if chance.random() < 0.8:
            return self.choose_sharing(chance)
        person = chance.choice(self.cast.people)
        if chance.random() < 0.5:
            Membership.objects.filter(person=person).delete()
            self._tell(f"{person.name} leaves the organisation")
        else:
            User.objects.filter(pk=person.pk).update(is_active=False)
            self._tell(f"{person.name} is switched off")
        return None

    # --- curation -----------------------------------------------------------------------------
    def run(self, chance: Random) -> None:
        """The nightly job, in earnest or as a rehearsal."""
        home = chance.choice(self.cast.organisations)
        run = runs.execute(run_id=runs.queue(organisation=home, dry=chance.random() < 0.4).pk)
        assert run.state in {"queued", "done"}, run.error  # a switch holds it
        self._tell(f"A run over {home.name} ends: {run.counts.get('new')}")

    def rehearse(self, chance: Random) -> None:
        """A dry run as it ends, with what it would have decided for some space."""
        target, now = chance.choice(self.cast.shared), clock.now()
        row = {"verdict": "review", "target": str(target.public_id), "score": 0.5, "reasons": [],
               "people": 2, "notes": 2, "policy_version": 0}  # fmt: skip
        run = CurationRun.objects.create(
            organisation=target.organisation, state="done", dry=True, report=[row],
            created_at=now, finished_at=now,
        )  # fmt: skip
        self._tell(f"Run {run.public_id} rehearses a request to {target.name}")

    def propose(self, chance: Random) -> None:
        """A request as a run leaves it, about notes that their people offer."""
        target = chance.choice(self.cast.shared)
        offered = [note for note in raw(Memory).select_related("space")
                   if self._below(note.space, target) and self.ledger.offered(note.pk)]  # fmt: skip
        if offered:
            notes = chance.sample(offered, min(len(offered), chance.randint(1, 3)))
            self._request(chance, target, notes)

    def _request(self, chance: Random, target: Space, notes: list[Memory]) -> None:
        now = clock.now()
        run = CurationRun.objects.create(
            organisation=target.organisation, state="done", created_at=now, finished_at=now
        )
        cluster = Cluster.objects.create(
            organisation=target.organisation, canonical=notes[0], created_at=now
        )
        beside = [note for note in raw(Memory) if note.organisation_id == target.organisation_id]
        inputs = {
            "policy": DEFAULT.values(),
            "signals": {},
            "known": [{"memory": chance.choice(beside).pk, "relation": "same", "by": "rule"}],
            "opposed": [chance.choice(beside).pk],
        }
        decision = Decision.objects.create(
            run=run, cluster=cluster, target=target, verdict="review", score=0.5, reasons=[],
            inputs=inputs, evidence_hash="", policy_version=0, engine_version="1", created_at=now,
        )  # fmt: skip
        candidate = Candidate.objects.create(
            cluster=cluster, target=target, decision=decision, text=notes[0].text,
            members_hash="", created_at=now,
        )  # fmt: skip
        CandidateMember.objects.bulk_create(
            CandidateMember(
                candidate=candidate, memory=note, revision=note.revision,
                person_id=note.owner_id, link="certain", independent=True,
            )
            for note in notes
        )  # fmt: skip
        self._tell(f"Notes {[note.pk for note in notes]} are proposed to {target.name}")

    def decide(self, chance: Random) -> None:
        pending = list(raw(Candidate).filter(status="pending").select_related("target"))
        if not pending:
            return self.propose(chance)
        candidate = chance.choice(pending)
        nearby = [note for note in raw(Memory).select_related("space")
                  if note.space.kind != "personal" and note.status == "active"
                  and note.organisation_id == candidate.target.organisation_id]  # fmt: skip
        other = chance.choice(nearby) if nearby else self._note(chance)
        verb, body = chance.choice((
            ("approve", {}), ("approve", {"reason": canary()}),
            ("approve", {"supersedes": str(other.public_id)} if other else {}),
            ("reject", {"reason": canary()}), ("edit", {"text": f"Better said: {canary()}."}),
            ("merge", {"into": str(other.public_id)} if other else {"into": ""}),
        ))  # fmt: skip
        asker = self._who_may(chance, "review", candidate.target_id)
        self._post(asker, f"/candidates/{candidate.public_id}/{verb}", body)
        return None

    def canonise(self, chance: Random) -> None:
        """Somebody proposes a document, and it may be approved, merged and talked about."""
        space = chance.choice(self.cast.shared)
        author = self._who_may(chance, "write", space.pk)
        body = {
            "space": str(space.public_id),
            "path": f"{canary()}.md",
            "content": f"---\ntitle: {canary()}\n---\n\nWe like {canary()}.\n",
            "reason": canary(),
        }
        made = self._post(author, "/canon/proposals", body).json() or {}
        self.last = None  # who proposes is told what was proposed, whatever the token reads
        if chance.random() < 0.2:
            rules = {"space": str(space.public_id), "values": {}, "reason": canary()}
            self._post(self._who_may(chance, "manage", space.pk), "/canon/rules", rules)
        for one in self.cast.askers:
            if "id" in made and space.pk in self.ledger.allowed(one, "review"):
                path = f"/canon/proposals/{made['id']}"
                self._post(one, f"{path}/approve", {"sha256": made["sha256"]})
                self._post(one, f"{path}/comment", {"text": canary()})
                if chance.random() < 0.5:
                    self._post(one, f"{path}/merge", {})

    def mark(self, chance: Random) -> None:
        """The screen finds something, or a mark is judged."""
        marks = list(raw(Screening).select_related("memory"))
        if marks and chance.random() < 0.7:
            return self._judge(chance, chance.choice(marks))
        marked = {mark.memory_id for mark in marks}
        notes = [note for note in raw(Memory).select_related("space")
                 if note.space.kind == "personal" and note.pk not in marked]  # fmt: skip
        if notes:
            note = chance.choice(notes)
            Screening.objects.create(
                memory=note, revision=note.revision, codes=["secret.pin"], rules=1,
                state=ScreeningState.KEPT, created_at=clock.now(),
            )  # fmt: skip
            self._tell(f"Note {note.pk} is kept back")
        return None

    def _judge(self, chance: Random, mark: Screening) -> None:
        verb = {"kept": "dispute", "disputed": chance.choice(("release", "confirm", "accept"))}.get(
            mark.state, "confirm"
        )
        owners = verb in {"dispute", "accept"}
        asker = self._asker_of(chance, mark.memory.owner_id) if owners else self._anybody(chance)
        above = [one for one in self.cast.askers
                 if self.ledger.reviews_above(one, self.ledger.notes[mark.memory_id])]  # fmt: skip
        if not owners and above:
            asker = chance.choice(above)
        body = {} if verb == "accept" else {"reason": canary()}
        self._post(asker, f"/screenings/{mark.public_id}/{verb}", body)

    def change_policy(self, chance: Random) -> None:
        space = chance.choice(self.cast.shared)
        asker = self._who_may(chance, "manage", space.pk)
        body = {"space": str(space.public_id), "reason": canary(), "values": {}}
        self._post(asker, "/policies", body)

    def report(self, chance: Random) -> None:
        """Several people called a shared memory harmful."""
        known = set(Report._base_manager.values_list("memory", flat=True))
        shared = [note for note in raw(Memory).select_related("space")
                  if note.space.kind != "personal" and note.pk not in known]  # fmt: skip
        if shared:
            note = chance.choice(shared)
            Report.objects.create(memory=note, people=3, opened_at=clock.now())
            self._tell(f"Memory {note.pk} is reported as harmful")


_DEEDS: tuple[Callable[[Deeds, Random], None], ...] = (
    *(Deeds.write,) * 6, *(Deeds.grant,) * 3, *(Deeds.propose,) * 2, *(Deeds.decide,) * 3,
    *(Deeds.mark,) * 2, *(Deeds.recall,) * 2, *(Deeds.give_feedback,) * 2, *(Deeds.edit,) * 2,
    Deeds.rehearse, Deeds.retract, Deeds.testify, Deeds.report_outcome, Deeds.found_team,
    Deeds.issue_token, Deeds.canonise,
    *(Deeds.capture,) * 2, *(Deeds.tie,) * 2, *(Deeds.judge,) * 2, *(Deeds.govern,) * 2,
    Deeds.choose_graph, Deeds.tidy, Deeds.offer, Deeds.set_archivist, Deeds.fade, Deeds.mirror,
    Deeds.switch, Deeds.connect, Deeds.write_digest,
    Deeds.register, Deeds.choose_sharing, Deeds.leave, Deeds.run, Deeds.change_policy, Deeds.report,
)  # fmt: skip
