"""Who changes what the screen finds must raise `SCREEN_VERSION`: clean results are remembered."""

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

from apps.curation.core import screen as package
from apps.curation.core.screen import SCREEN_VERSION

# After a change of the rules: raise SCREEN_VERSION, then add a row here. Earlier rows stay.
DIGESTS = {
    1: "293fd9b427ad5691",
}


def lines_that_matter(source: str) -> Iterator[str]:
    """The code without docstrings, comment lines and blank lines."""
    told = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            text = node.body[0]
            told |= set(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    for number, line in enumerate(source.splitlines(), start=1):
        if number not in told and line.strip() and not line.lstrip().startswith("#"):
            yield line.rstrip()


def digest() -> str:
    """Of all modules of the screen."""
    found = hashlib.sha256()
    for path in sorted(Path(package.__file__).parent.glob("*.py")):
        found.update(f"{path.name}\n".encode())
        for line in lines_that_matter(path.read_text(encoding="utf-8")):
            found.update(line.encode() + b"\n")
    return found.hexdigest()[:16]


def test_the_version_tells_these_rules_from_all_others():
    assert digest() == DIGESTS[SCREEN_VERSION], (
        "The rules of the screen changed. Raise SCREEN_VERSION in apps/curation/core/screen and"
        f" add {digest()!r} under the new number: memories found clean are read again then."
    )
    assert max(DIGESTS) == SCREEN_VERSION
    assert len(set(DIGESTS.values())) == len(DIGESTS)


def test_words_about_the_code_do_not_count():
    plain = 'x = 1\ny = "# no comment"\n'
    told = '"""What it is."""\n\n# why\nx = 1\ny = "# no comment"\n'
    assert list(lines_that_matter(told)) == list(lines_that_matter(plain))
    assert len(list(lines_that_matter(plain))) == 2
