"""Filters and tags of the desk's templates. Agent text passes `visible` or `excerpt`, always."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as say_in

from apps.canon.core import rendering
from apps.desk import text as texts
from apps.desk import times, words
from apps.desk.diff import Piece
from apps.desk.policy_words import policy_words
from apps.kernel import clock

register = template.Library()

register.filter("visible", texts.visible)
register.filter("excerpt", texts.excerpt)
register.filter("moment", times.moment)
register.filter("precisely", times.precisely)
register.filter("label", words.label)
register.filter("interval", words.interval)
for _name, _known in {
    "sentence": words.REASONS,
    "finding": words.FINDINGS,
    "status_words": words.STATUSES,
    "mark_words": words.MARKS,
    "outcome_words": words.OUTCOMES,
    "memory_words": words.MEMORY,
    "proposal_words": words.PROPOSALS,
    "push_words": words.PUSHES,
    "tidying_words": words.TIDYING,
    "claim_words": words.CLAIMS,
    "call_words": words.CALLS,
    "link_words": words.LINKS,
    "relation_words": words.RELATIONS,
    "verdict_words": words.VERDICTS,
}.items():
    register.filter(_name, partial(words.told, _known))

_LONG = 1200  # characters of a text that are shown at once; the rest is a click away
_LONG_DIFFERENCE = 4000


@register.filter
def ago(moment: datetime | None) -> str:
    """How long ago, in the one unit that matters; "" without a moment."""
    if moment is None:
        return ""
    return words.ago(max(0, int((clock.now() - moment).total_seconds())))


@register.filter
def policy_label(name: str) -> str:
    """What a policy value is about, in words."""
    return str(policy_words(name)[0])


@register.filter
def value_words(value: object) -> object:
    """A policy value as a person writes it."""
    if isinstance(value, bool):
        return say_in("yes") if value else say_in("no")
    return value


@register.filter
def percent(share: float) -> str:
    """A share in [0, 1] as whole per cent."""
    return f"{100 * share:.0f} %"


@register.filter
def share_words(share: float | None) -> str:
    """A share as a person reads it; a dash when it is absent, which is not zero."""
    return "–" if share is None else f"{100 * share:.1f} %"


@register.simple_tag
def quote(text: str) -> SafeString:
    """The text a request is about. A tag, so that no white space of a template joins it."""
    return format_html('<blockquote class="d-quote" dir="auto">{}</blockquote>', _shown(text))


@register.simple_tag
def markdown(body: str) -> SafeString:
    """A document's body as sanitised HTML; characters that hide are left out, the difference
    beside it shows them."""
    cleaned = rendering.html(texts.without_hidden(body))  # by nh3
    return SafeString(cleaned)  # nosec B703


@register.simple_tag
def words_of(text: str) -> SafeString:
    """Somebody's words, line breaks and all."""
    return format_html('<div class="d-words" dir="auto">{}</div>', _shown(text))


def _shown(text: str) -> SafeString:
    """All of it; of a long one first the beginning, and the rest behind a line that opens it."""
    if len(text) <= _LONG:
        return texts.visible(text)
    first, rest = texts.parted(text, _LONG)
    if not rest:
        return texts.visible(text)
    told = say_in("Show all: %(n)s more characters") % {"n": f"{len(rest):,}"}
    return format_html(
        '{}<details class="d-rest"><summary>{}</summary>{}</details>',
        texts.visible(first), told, texts.visible(rest),
    )  # fmt: skip


@register.filter
def few_words(pieces: Iterable[Piece]) -> bool:
    """Whether a difference is short enough to stand open."""
    return sum(len(piece.text) for piece in pieces) <= _LONG_DIFFERENCE


@register.simple_tag
def word_diff(pieces: Iterable[Piece]) -> SafeString:
    """What goes and what comes, as `del` and `ins`; every piece is escaped and made visible."""
    tags = {"gone": "<del>{}</del>", "new": "<ins>{}</ins>", "same": "{}"}
    shown = ((format_html(tags[piece.kind], texts.visible(piece.text)),) for piece in pieces)
    return format_html_join("", "{}", shown)


@register.filter
def add_number(value: float, more: float) -> float:
    """A sum of numbers with fractions, which Django's `add` would cut off."""
    return value + more


@register.simple_tag
def bar(share: float | None, threshold: float | None = None, *, strong: bool = False) -> SafeString:
    """A bar as SVG: drawn by attributes, because the content policy allows no style attributes."""
    fill = f"{100 * min(1.0, max(0.0, share or 0.0)):.1f}"
    line = SafeString("")
    if threshold is not None:
        at = f"{100 * threshold:.1f}"
        line = format_html('<line class="d-bar-line" x1="{}" x2="{}" y1="0" y2="8"/>', at, at)
    return format_html(
        '<svg class="d-bar{}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="d-bar-fill" width="{}" height="8"/>{}</svg>',
        " d-strong" if strong else "",
        fill,
        line,
    )
