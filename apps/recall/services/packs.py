"""Making results fit a budget of tokens, and putting them into a block for a prompt."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.providers.batching import estimated_tokens
from apps.recall.core import context, packing
from apps.recall.core.questions import Question
from apps.recall.services.answers import LeftOut, Result, Tokens


@dataclass(frozen=True, slots=True)
class Pack:
    """The results that are shown, what they take, and the block if one was asked for."""

    results: Sequence[Result]
    tokens: Tokens
    context: str | None


def pack(question: Question, results: Sequence[Result]) -> Pack:
    """The best results that fit `question.token_budget`, whole and in order.

    Without a context only the texts count: what else an answer says is for the program that asked.
    """
    if question.context:
        lines = [context.line(n, _source(result)) for n, result in enumerate(results, start=1)]
        sizes = [estimated_tokens(line + "\n") for line in lines]
    else:
        sizes = [estimated_tokens(result.text) for result in results]
    frame = estimated_tokens(context.FRAME) if question.context else 0
    packed = packing.pack(sizes, budget=question.token_budget, frame=frame)
    kept = [results[position] for position in packed.kept]
    left_out = [LeftOut(results[position].id, sizes[position]) for position in packed.left_out]
    tokens = Tokens(packed.tokens, question.token_budget, left_out)
    return Pack(kept, tokens, _block(kept) if question.context else None)


def _block(results: Sequence[Result]) -> str:
    """Numbered as the results are, from 1, whatever was left out between them."""
    return context.block(context.line(n, _source(each)) for n, each in enumerate(results, start=1))


def _source(result: Result) -> context.Source:
    return context.Source(
        id=str(result.id),
        text=result.text,
        space=result.space.name,
        author=result.author.name,
        occurred_at=result.occurred_at,
    )
