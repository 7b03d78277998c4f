"""What is told is what the schema describes: the written-out form against the serializer's."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from rest_framework.renderers import JSONRenderer

from apps.accounts.actors import of_user
from apps.consolidation.services import briefs
from apps.kernel import clock
from apps.memories.models import Memory
from apps.memories.services import memories
from apps.memories.services.drafts import Draft
from apps.recall.api.serializers import RecallOut
from apps.recall.api.told import told
from apps.recall.core.questions import Question
from apps.recall.services import recall

ELSEWHERE = timezone(timedelta(hours=2))


@pytest.fixture
def remembered(world, write, moved):
    """Memories with every field that an answer tells."""
    first = write(world.alice, "The boiler leaks.", tags=("heating", "é"), session_id="s")
    write(world.alice, "Yes, at the 40 mm clamp.", session_id="s")
    write(world.alice, "The boiler leaks.", space=world.team)
    moved(write(world.alice, "Old boiler."), "archived")
    begun = datetime(2026, 3, 1, 12, 30, 0, 1, ELSEWHERE)
    draft = Draft(
        text="The boiler was drained. " * 20,
        valid_from=begun,
        valid_to=datetime(2026, 4, 1, tzinfo=UTC),
        occurred_at=begun,
        derived_from=(first.public_id,),
    )
    memories.remember(actor=of_user(world.alice), draft=draft)
    Memory.objects.filter(pk=first.pk).update(corroborated_at=clock.now())
    briefs.sweep()


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"explain": True},
        {"context": True, "token_budget": 260},
        {"brief": True, "context": True},
        {"diversity": 0.5, "limit": 2},
        {"known_at": datetime(2020, 1, 1, tzinfo=UTC)},
    ],
)
@pytest.mark.usefixtures("remembered")
def test_both_forms_are_the_same_bytes(world, how):
    question = Question(query="boiler leaks", **how)
    answer = recall.ask(actor=of_user(world.alice), question=question)
    assert bool(answer.results) is ("known_at" not in how)
    assert bool(answer.briefs) is ("brief" in how)
    render = JSONRenderer().render
    assert render(told(answer)) == render(RecallOut().to_representation(answer))
