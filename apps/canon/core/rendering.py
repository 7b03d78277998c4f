"""Markdown as HTML that may stand on a page: made by a parser, then sanitised by another."""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li",
    "ol", "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_SCHEMES = {"http", "https", "mailto"}


def html(body: str) -> str:
    """A Markdown body as sanitised HTML.

    HTML in the source is shown as text. There are no images, which would tell a stranger who reads;
    no styles, classes, ids or scripts; links go to http, https or mail, or to another document.
    """
    return nh3.clean(
        _parser().render(body),
        tags=_TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    options = {"html": False, "linkify": False, "maxNesting": 20}
    return MarkdownIt("commonmark", options).enable(["table", "strikethrough"]).disable("image")
