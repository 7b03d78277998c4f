"""Asks the judge how alike notes relate, in rounds, until it can tell nothing new."""

from collections.abc import Mapping, Sequence

from apps.curation.core.consensus import Sameness
from apps.curation.core.grouping import Grouping
from apps.curation.core.groups import Group
from apps.curation.services.opinions import Opinions, Question
from apps.providers.prompts import SAME_FACT
from apps.providers.protocol import PairVerdict

Pair = tuple[int, int]


def groups(grouping: Grouping, opinions: Opinions | None) -> tuple[Group, ...]:
    """The groups by all that the judge says, or said: in rounds, each after the last one's answers.

    Without a judge what is only alike stays likely. With a budget it blocks for the network: never
    inside a transaction then.
    """
    if opinions is None:
        return grouping.groups()
    texts = {note.id: note.text for note in grouping.notes}

    def heard(
        answers: Mapping[Question, PairVerdict], pairs: Sequence[Pair]
    ) -> dict[Pair, Sameness]:
        by_pair = {pair: answers.get(_question(texts, pair)) for pair in pairs}
        return {pair: answer.verdict for pair, answer in by_pair.items() if answer}

    every = grouping.candidates()
    verdicts = heard(opinions.remembered(SAME_FACT, _questions(texts, every)), every)
    asked = set(verdicts)
    while pairs := grouping.questions(verdicts, asked):
        new = heard(opinions.ask(SAME_FACT, _questions(texts, pairs)), pairs)
        asked.update(pairs)
        verdicts |= new
        if not new:
            break
    return grouping.groups(verdicts, asked)


def _questions(texts: Mapping[int, str], pairs: Sequence[Pair]) -> list[Question]:
    return [_question(texts, pair) for pair in pairs]


def _question(texts: Mapping[int, str], pair: Pair) -> Question:
    return Question(texts[pair[0]], texts[pair[1]])
