"""The kept statistics: whatever is written, edited, taken back or folded, they equal a recount."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from apps.accounts.actors import of_user
from apps.memories.core import analysis
from apps.memories.models import Corpus, Memory, MemoryIndex, TermCount
from apps.memories.services import bulk, embeddings, memories, statistics
from apps.memories.services.drafts import Draft

WORDS = ("boiler", "pump", "valve", "leaks", "hums", "winter", "E-204", "大阪支社", "it's")


def kept() -> Counter[tuple[int, str, str]]:
    """Documents by space, status and term, as the statistics say."""
    found = TermCount.objects.values_list("corpus__space_id", "corpus__status", "term")
    sums = found.annotate(total=Sum("documents")).order_by()
    return Counter({(s, status, term): total for s, status, term, total in sums if total})


def counted() -> Counter[tuple[int, str, str]]:
    """The same, from the memories themselves."""
    counts: Counter[tuple[int, str, str]] = Counter()
    for memory in Memory.objects.all():
        facets = {
            "",
            analysis.facet("kind", memory.kind),
            analysis.facet("session", memory.session_id),
            *(analysis.facet("tag", tag) for tag in memory.tags),
        }
        for term in facets.union(analysis.analyse(memory.text, memory.language)):
            counts[memory.space_id, memory.status, term] += 1
    return counts


def a_text(rng: random.Random) -> str:
    return " ".join(rng.choices(WORDS, k=rng.randint(2, 6))) + f" {rng.randint(0, 10**6)}."


def one_step(rng: random.Random, world: Any, write: Any) -> None:
    """Something that happens to memories."""
    active = list(Memory.objects.filter(status="active").select_related("space", "owner"))
    step = rng.choice(["write", "write", "bulk", "edit", "retract", "move", "embed", "fold"])
    actor = of_user(world.alice)
    space = rng.choice([world.team, None])
    if step == "write":
        how = {"tags": tuple(rng.sample("abc", 2)), "session_id": rng.choice(["", "s1"])}
        write(world.alice, a_text(rng), space=space, kind=rng.choice(["fact", "skill"]), **how)
    elif step == "bulk":
        public_id = space.public_id if space else None
        drafts = [Draft(text=a_text(rng), space=public_id) for _ in range(rng.randint(1, 9))]
        bulk.remember_many(actor=actor, drafts=drafts)
    elif step == "embed":
        embeddings.embed_pending(batch=5)
    elif step == "fold":
        statistics.fold(batch=rng.randint(1, 40))
    elif active:
        memory = rng.choice(active)
        if step == "edit":
            other: dict[str, Any] = {"tags": [rng.choice("abc")], "kind": "decision"}
            changes = rng.choice([{"text": a_text(rng)}, other])
            memories.revise(actor=actor, memory=memory, changes=changes)
        elif step == "retract":
            memories.retract(actor=actor, memory=memory)
        else:
            memories.move(memories.lock(memory), rng.choice(["archived", "erased"]), actor=None)


@pytest.mark.parametrize("seed", range(4))
def test_after_random_work_the_statistics_equal_a_recount(world, write, seed):
    rng = random.Random(seed)
    for _ in range(40):
        one_step(rng, world, write)
    assert kept() == counted()
    assert statistics.repair() == 0


def test_folding_changes_no_sum_and_leaves_one_row_per_term(world, write):
    for number in range(12):
        write(world.alice, f"Boiler {number} hums.")
    before = kept()
    assert TermCount.objects.filter(term="boiler").count() == 12
    assert TermCount.objects.filter(fresh=True).exists()
    while statistics.fold(batch=7):
        pass
    assert kept() == before
    assert TermCount.objects.filter(term="boiler").count() == 1
    assert not TermCount.objects.filter(fresh=True).exists()


def test_a_word_that_nobody_says_any_more_leaves_no_row(world, write):
    memory = write(world.alice, "The xylophone is out of tune.")
    memories.revise(
        actor=of_user(world.alice), memory=memory, changes={"text": "The piano is out of tune."}
    )
    while statistics.fold():
        pass
    assert not TermCount.objects.filter(term__startswith="xyloph").exists()


def test_a_recount_repairs_what_drifted_and_what_was_never_counted(world, write):
    for number in range(5):
        write(world.alice, f"Boiler {number} hums.")
    TermCount.objects.filter(term="boiler").update(documents=3)
    TermCount.objects.filter(term="hum").delete()
    assert statistics.repair() == 2
    assert kept() == counted()
    assert TermCount.objects.all().delete()[0] > 0
    Corpus.objects.all().delete()
    assert statistics.repair() > 0
    assert kept() == counted()


def test_deleted_index_rows_are_no_longer_counted(world, write):
    write(world.alice, "Boiler one.")
    memory = write(world.alice, "Boiler two.")
    MemoryIndex.objects.filter(memory=memory).delete()
    assert kept()[world.personal(world.alice).pk, "active", "boiler"] == 1


def test_each_model_counts_for_itself(world, write):
    write(world.alice, "Boiler one.")
    row = MemoryIndex.objects.get()
    row.pk, row.model = None, "another"
    row.save(force_insert=True)
    counts = TermCount.objects.filter(term="boiler").values_list("corpus__model", "documents")
    assert sorted(counts) == sorted(
        [("another", 1), (MemoryIndex.objects.order_by("pk")[0].model, 1)]
    )


def test_writers_and_folders_at_the_same_time_lose_nothing(transactional_db, world, write):
    def work(number: int) -> None:
        try:
            for step in range(8):
                write(world.alice, f"Boiler {number} {step} hums.", space=world.team)
                statistics.fold(batch=20)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert kept()[world.team.pk, "active", "boiler"] == 32
    assert kept() == counted()
