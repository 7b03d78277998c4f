"""The organisation whose memories are curated, written through the services.

Imports the application, so Django is set up before this module is.
"""

from collections.abc import Sequence
from itertools import groupby

from django.db import connection

from apps.accounts.actors import of_user
from apps.accounts.models import User
from apps.accounts.services import users
from apps.memories.models import Memory
from apps.memories.services import bulk, evidence
from apps.memories.services.drafts import Draft
from apps.spaces.models import Organisation, Space
from apps.spaces.services import organisations, tree
from bench.growth.notes import OUTCOMES, PER_TEAM, Note, vectors
from bench.service.loading import store
from bench.service.progress import say

NAME = "Growth"
_PART = 10_000  # written before their vectors are: fewer than the hub lets wait
_REPORTERS = 3
_TIMES = 4  # that each of them used it


def found(people: int) -> None:
    """An organisation of that many people in teams."""
    organisation = organisations.found(name=NAME)
    root = organisations.root_of(organisation)
    team = root
    for number in range(people):
        if number % PER_TEAM == 0:
            name = f"Team {number // PER_TEAM}"
            team = tree.create_team(organisation=organisation, name=name, parent=root)
        person = users.create_person(email=f"p{number}@growth.example", name=f"P{number}")
        organisations.join(organisation=organisation, person=person)
        tree.settle(team=team, person=person)
    say(f"{people:,} people joined")


def write(notes: Sequence[Note], *, first: int = 0) -> None:
    """Write the notes with their vectors, and the outcomes of some.

    Args:
        first: how many were written before; another number, other vectors.
    """
    spaces = Space.objects.filter(organisation=_organisation(), person__isnull=False)
    settled = spaces.select_related("person").order_by("person_id")
    people = [space.person for space in settled if space.person is not None]
    ordered = sorted(notes, key=lambda note: note.person)  # so that one bulk holds all of a person
    for start in range(0, len(ordered), _PART):
        part = ordered[start : start + _PART]
        keys = _remember(part, people)
        drawn = vectors(part, first=first + start)
        store(list(keys.values()), drawn[list(keys)])
        _report([*keys.values()], people)
        say(f"written: {start + len(part):,} of {len(ordered):,} memories with their vectors")
    with connection.cursor() as cursor:  # a bulk load outruns autovacuum
        cursor.execute("ANALYZE memories_memory, memories_memoryindex")


def _organisation() -> Organisation:
    return Organisation.objects.get(name=NAME)


def _remember(notes: Sequence[Note], people: Sequence[User]) -> dict[int, int]:
    """Row ids of the new memories by place in `notes`; what somebody said before adds none."""
    keys: dict[int, int] = {}
    places = sorted(range(len(notes)), key=lambda place: notes[place].person)
    for person, own in groupby(places, key=lambda place: notes[place].person):
        mine = list(own)
        drafts = [Draft(text=notes[place].text) for place in mine]
        results = bulk.remember_many(actor=of_user(people[person]), drafts=drafts, atomic=True)
        for place, result in zip(mine, results, strict=True):
            if result.created and result.memory is not None:
                keys[place] = result.memory.pk
    return dict(sorted(keys.items()))


def _report(keys: Sequence[int], people: Sequence[User]) -> None:
    """Others used every so-many-th memory."""
    every = round(1 / OUTCOMES)
    for memory in Memory.objects.filter(pk__in=keys[::every]).order_by("pk"):
        for number in range(_REPORTERS * _TIMES):
            evidence.report_outcome(
                actor=of_user(people[(memory.pk + number % _REPORTERS) % len(people)]),
                task=f"task {number // _REPORTERS}",
                success=(memory.pk + number) % 4 > 0,
                memory_ids=[memory.public_id],
            )
