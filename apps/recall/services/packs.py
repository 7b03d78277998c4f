"""Making an answer fit a budget of tokens, and putting it into a block for a prompt."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from apps.providers.batching import estimated_tokens
from apps.recall.core import context, packing
from apps.recall.core.questions import Question
from apps.recall.services.answers import Brief, LeftOut, Result, Stated, Tokens

Item = Result | Stated
_SHARE = 2  # briefs take at most one part of these of a budget


@dataclass(frozen=True, slots=True)
class Pack:
    """What is shown, what it takes, and the block if one was asked for."""

    results: Sequence[Result]
    canon: Sequence[Stated]
    tokens: Tokens
    context: str | None
    briefs: Sequence[Brief] = ()


def pack(question: Question, items: Sequence[Item], briefs: Sequence[Brief] = ()) -> Pack:
    """The briefs, and the best memories and sections of canon that fit `question.token_budget`,
    whole and in order.

    Without a context only the texts count: what else an answer says is for the program that asked.
    """
    frame = estimated_tokens(context.FRAME) if question.context else 0
    ahead, spent = _ahead(question, briefs, frame)
    if question.context:
        lines = [_line(number, item) for number, item in enumerate(items, start=1)]
        sizes = [estimated_tokens(line + "\n") for line in lines]
    else:
        sizes = [estimated_tokens(_text(item)) for item in items]
    budget = None if question.token_budget is None else question.token_budget - spent
    packed = packing.pack(sizes, budget=budget, frame=0 if ahead else frame)
    kept = [items[position] for position in packed.kept]
    left_out = [_left_out(items[position], sizes[position]) for position in packed.left_out]
    return Pack(
        results=[item for item in kept if isinstance(item, Result)],
        canon=[
            replace(item, place=place)
            for place, item in enumerate(kept, start=1)
            if isinstance(item, Stated)
        ],
        tokens=Tokens(spent + packed.tokens, question.token_budget, left_out),
        context=_block(ahead, kept) if question.context else None,
        briefs=ahead,
    )


def _ahead(question: Question, briefs: Sequence[Brief], frame: int) -> tuple[Sequence[Brief], int]:
    """Briefs that fit into their share, cut by whole lines from the end, and what they take."""
    if not briefs:
        return (), 0
    budget, spent = question.token_budget, frame
    kept: list[Brief] = []
    for brief in briefs:
        for count in range(len(brief.lines), 0, -1):
            cut = replace(brief, lines=brief.lines[:count])
            size = _size(question, cut)
            if budget is None or (spent + size) * _SHARE <= budget:
                kept.append(cut)
                spent += size
                break
    return (kept, spent) if kept else ((), 0)


def _size(question: Question, brief: Brief) -> int:
    if question.context:
        return estimated_tokens(context.brief(_summary(brief)) + "\n")
    return sum(estimated_tokens(line.text) for line in brief.lines)


def _block(briefs: Sequence[Brief], items: Sequence[Item]) -> str:
    """Briefs first; then items numbered by their places, from 1, whatever was left out."""
    told = [context.brief(_summary(brief)) for brief in briefs]
    told += [_line(number, item) for number, item in enumerate(items, start=1)]
    return context.block(told)


def _summary(brief: Brief) -> context.Summary:
    lines = tuple(line.text for line in brief.lines)
    return context.Summary(brief.space.name, brief.refreshed_at, lines)


def _line(number: int, item: Item) -> str:
    if isinstance(item, Stated):
        return context.line(number, _passage(item))
    return context.line(number, _source(item))


def _text(item: Item) -> str:
    return item.cited.text if isinstance(item, Stated) else item.text


def _left_out(item: Item, tokens: int) -> LeftOut:
    if isinstance(item, Stated):
        return LeftOut(item.cited.document, tokens, item.cited.section)
    return LeftOut(item.id, tokens)


def _source(result: Result) -> context.Source:
    return context.Source(
        id=str(result.id),
        text=result.text,
        space=result.space.name,
        author=result.author.name,
        occurred_at=result.occurred_at,
    )


def _passage(stated: Stated) -> context.Passage:
    cited = stated.cited
    return context.Passage(
        id=str(cited.document),
        path=cited.path,
        revision=cited.number,
        section=cited.section,
        heading=cited.heading or cited.title,
        text=cited.text,
        space=cited.space,
        merged_at=cited.merged_at,
    )
