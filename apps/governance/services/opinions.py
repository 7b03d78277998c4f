"""What a language model answered about texts: forgotten with them, claims made of them included."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Q

from apps.curation.core.digests import of_text
from apps.curation.models import Opinion


def forget(organisation_id: int, texts: Iterable[str]) -> int:
    """Delete the answers about these texts, and about what a model made of them.

    Texts are named by their digest there. A claim is a text of its own, about which a model may
    have been asked in turn. Others who say exactly the same lose an answer that can be had again.
    """
    deleted = 0
    digests = {of_text(text) for text in texts if text}
    while digests:
        about = Opinion.objects.filter(
            Q(subject__in=digests) | Q(other__in=digests), organisation_id=organisation_id
        )
        made = {text for answer in about.values_list("answer", flat=True) for text in _in(answer)}
        deleted += about.delete()[0]
        digests = {of_text(text) for text in made}
    return deleted


def _in(answer: Any) -> Iterator[str]:
    """Every string in a stored answer."""
    if isinstance(answer, str) and answer:
        yield answer
    elif isinstance(answer, dict):
        for value in answer.values():
            yield from _in(value)
    elif isinstance(answer, list):
        for value in answer:
            yield from _in(value)
