"""Catalogues of the pages' words: what is marked in code and templates, and what each language has.

    python -m tests.catalogues          # tell what is missing, language by language
    make messages  # bring every django.po up to date and compile django.mo

Reads `_("…")`, `say_in("…")` and the template tags by Django's own reading of templates, so that
neither gettext's programs nor a database is needed.
"""

import argparse
import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[1]
LOCALES = ROOT / "memoryhub" / "locale"
LANGUAGES = {
    "ja": "ja",
    "zh_Hans": "zh_Hans",
    "ko": "ko",
    "es": "es",
    "fr": "fr",
    "de": "de",
    "pt_BR": "pt_BR",
}
_KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop", "say_in")),
    "ngettext": (1, 2),
}
_PLACES = ("apps", "memoryhub")
_UNDATED = datetime(2000, 1, 1, tzinfo=UTC)  # the repository knows when; a date here only conflicts


def marked() -> Catalog:
    """Everything that is marked, without translations."""
    found = Catalog(project="MemoryHub", charset="utf-8", fuzzy=False)
    for path in _sources():
        for _line, words in _read(path):
            found.add(words)
    return found


def known(language: str) -> Catalog:
    """What a language has."""
    path = file_of(language)
    if not path.exists():
        return Catalog(locale=language, charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def file_of(language: str) -> Path:
    """Its catalogue; the compiled one lies beside it."""
    return LOCALES / language / "LC_MESSAGES" / "django.po"


def lacking(language: str, wanted: Catalog) -> list[str]:
    """Marked words without a translation, with an uncertain one, or with other placeholders."""
    have = known(language)
    problems = []
    for message in wanted:
        if message.id:
            told = _problem(message, have.get(_first(message.id)), have)
            if told:
                problems.append(f"{told}: {_first(message.id)!r}")
    return problems


def unused(language: str, wanted: Catalog) -> list[str]:
    """Translations of words that nothing marks any more."""
    return [_first(m.id) for m in known(language) if m.id and _first(m.id) not in wanted]


def write(language: str, wanted: Catalog) -> None:
    """The catalogue with every marked word, what it had kept, and compiled."""
    have, path = known(language), file_of(language)
    made = Catalog(
        locale=language, project="MemoryHub", charset="utf-8", fuzzy=False,
        header_comment=f"# {language} catalogue of MemoryHub; see tests/catalogues.py",
    )  # fmt: skip
    for message in wanted:
        if message.id:
            old = have.get(_first(message.id))
            string = old.string if old and not old.fuzzy else ""
            made.add(message.id, string, flags=message.flags)
    path.parent.mkdir(parents=True, exist_ok=True)
    made.creation_date = made.revision_date = _UNDATED
    text, binary = io.BytesIO(), io.BytesIO()  # both first: a file half written loses words
    write_po(text, made, width=100, sort_output=True)
    write_mo(binary, made)
    path.write_bytes(text.getvalue())
    path.with_suffix(".mo").write_bytes(binary.getvalue())


def compiled(language: str) -> bytes:
    """What the compiled file should hold."""
    made = io.BytesIO()
    write_mo(made, known(language))
    return made.getvalue()


def _problem(wanted: Message, have: Message | None, catalogue: Catalog) -> str:
    if have is None or not _whole(have.string):
        return "missing"
    if have.fuzzy:
        return "fuzzy"
    errors = [str(error) for error in have.check(catalogue)]
    if errors or _holes(wanted.id) != _holes(have.string):
        return "other placeholders"
    return ""


def _whole(string: object) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


def _holes(words: object) -> set[str]:
    parts = words if isinstance(words, tuple | list) else (words,)
    return {hole for part in parts for hole in re.findall(r"%\(\w+\)[ds]", str(part))}


def _first(words: object) -> str:
    return str(words[0] if isinstance(words, tuple | list) else words)


def _sources() -> Iterator[Path]:
    for place in _PLACES:
        for pattern in ("*.py", "*.html"):
            yield from sorted((ROOT / place).rglob(pattern))


def _read(path: Path) -> Iterator[tuple[int, str | tuple[str, str]]]:
    source = path.read_text()
    if path.suffix == ".html":
        if "i18n" not in source:
            return
        source = "\n".join(line.strip() for line in templatize(source).split("\n"))
        source = "\n".join(
            re.findall(
                r"(?:n?gettext|_)\((?:u?'(?:[^'\\]|\\.)*'|u?\"(?:[^\"\\]|\\.)*\"|[\s,]|\w+)*\)",
                source,
            )
        )
    found: Any = extract_python(io.BytesIO(source.encode()), _KEYWORDS, [], {"encoding": "utf-8"})
    for line, _function, said, _comments in found:
        words = [one for one in (said if isinstance(said, tuple) else (said,)) if one]
        if words:
            yield line, words[0] if len(words) == 1 else (words[0], words[1])


def main() -> int:
    """Tell, or write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="bring the files up to date")
    writing = parser.parse_args().write
    wanted, left = marked(), 0
    for language in LANGUAGES:
        if writing:
            write(language, wanted)
        problems = lacking(language, wanted)
        left += len(problems)
        sys.stdout.write(f"{language}: {len(problems)} of {len(wanted)} to translate\n")
        for problem in problems[:200]:
            sys.stdout.write(f"  {problem}\n")
    return 1 if left else 0


if __name__ == "__main__":
    raise SystemExit(main())
