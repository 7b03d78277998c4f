"""What a run stores is enough to decide again, and what it decided before counts."""

from apps.accounts.actors import of_user
from apps.curation.core.policy import ENGINE_VERSION, PRESETS, PromotionPolicy
from apps.curation.core.replay import Recorded, decide_again, read_before, read_signals
from apps.curation.models import Decision
from apps.curation.services import policies
from apps.memories.models import Memory
from apps.memories.services import memories
from tests.curation.conftest import SEAL

STRAINER = "Clean the inlet strainer before you touch the pump on alarm A07."


def recorded(row):
    return Recorded(
        str(row.cluster.public_id),
        row.verdict,
        tuple(row.reasons),
        read_signals(row.inputs, reachable=row.target_id is not None),
        PromotionPolicy.stored(row.inputs["policy"]),
        read_before(row.inputs["before"]),
    )


def latest(memory):
    rows = Decision.objects.filter(cluster__members__memory=memory)
    return rows.select_related("cluster").latest("id")


def test_every_stored_decision_replays_to_its_verdict(company, chatter):
    chatter()
    for person, text in zip((1, 2, 5), SEAL, strict=True):
        company.say(person, text)
    memory = company.say(1, STRAINER)
    for person in (2, 4, 5):
        company.use(memory, person, times=6)
    company.run()
    rows = list(Decision.objects.select_related("cluster"))
    assert {row.verdict for row in rows} == {"promote", "review", "hold"}
    for row in rows:
        again = decide_again(recorded(row), PromotionPolicy.stored(row.inputs["policy"]))
        assert (again.verdict, list(again.reasons)) == (row.verdict, row.reasons)
        assert row.engine_version == ENGINE_VERSION


def test_what_the_seed_rule_needs_is_stored(company, chatter):
    chatter()
    memory = company.say(1, STRAINER)
    company.say(2, STRAINER)
    company.use(memory, 1)  # the author's own report counts for the seed rule alone
    company.run()
    found = recorded(latest(memory))
    assert found.verdict == "hold"
    assert (found.signals.people, found.signals.likely_people) == (2, 1)
    assert (found.signals.raw_outcome.total, found.signals.outcome.total) == (1, 0)
    assert found.signals.population_mean == 7 / 6  # five notes of one person each, and this
    again = decide_again(found, PRESETS["seed"])
    assert (again.verdict, again.reasons) == ("promote", ("seed.frequency", "seed.outcome"))


def test_outcomes_near_the_threshold_do_not_undo_a_verdict(company):
    """Lower bounds of three nights: 10 of 10 .722, 14 of 15 .702, 13 of 15 .621."""
    memory = company.say(1, STRAINER)
    values = {"promising_threshold": 0.71, "outcome_threshold": 0.90}
    curator = of_user(company.people[0])
    policies.change(actor=curator, space=company.north, values=values, reason="narrow")
    for person, times in ((2, 4), (3, 3), (0, 3)):
        company.use(memory, person, times=times)
    company.run()
    assert latest(memory).reasons == ["outcome.promising"]
    for person in (2, 3, 0):
        company.use(memory, person, times=5)
    company.use(memory, 0, success=False)
    company.run()
    kept = latest(memory)
    assert (kept.verdict, kept.reasons) == ("review", ["outcome.promising", "hysteresis.kept"])
    assert kept.inputs["before"] == {"verdict": "review", "reasons": ["outcome.promising"]}
    assert decide_again(recorded(kept), recorded(kept).policy).verdict == "review"
    rows = Decision.objects.count()
    company.run()
    assert Decision.objects.count() == rows
    company.use(memory, 2, success=False)
    company.run()
    assert latest(memory).verdict == "hold"


def test_a_changed_policy_means_what_it_says(company):
    memory = company.say(1, STRAINER)
    for person, times in ((2, 4), (3, 3), (0, 3)):
        company.use(memory, person, times=times)
    company.run()
    assert latest(memory).verdict == "promote"  # .722 is above .70
    curator = of_user(company.people[0])
    memories.retract(actor=curator, memory=Memory.objects.get(source="promotion"))
    values = {"outcome_threshold": 0.73, "promising_threshold": 0.725}
    policies.change(actor=curator, space=company.north, values=values, reason="stricter")
    company.run()
    assert latest(memory).verdict == "hold"
    assert latest(memory).inputs["before"] is None
