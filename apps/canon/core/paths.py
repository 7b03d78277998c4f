"""Where a document lives: one spelling per file, on every file system and in git."""

import re
import unicodedata

LONGEST = 200  # characters of a path
LONGEST_PART = 200  # bytes of a folder or file name; file systems allow 255
DEEPEST = 8  # folders and the file
_FORBIDDEN = frozenset("\\:*?\"<>|~^[]{}$`!;&'")
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9]) *(\.|$)")
# Letters and marks that are drawn as nothing and that file systems leave out when they compare:
# default-ignorable code points that are neither control nor format characters.
_IGNORED = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_SLUG = re.compile(r"[^\w]+")


def clean(path: str) -> str:
    """`path` in its one spelling: NFC, and every rule of a path kept.

    Args:
        path: relative, parts separated by `/`, such as `playbooks/returns.md`.

    Returns:
        The same path in NFC.

    Raises:
        ValueError: with the rule that is broken, in words for whoever wrote the path.
    """
    found = unicodedata.normalize("NFC", path)
    if not found or len(found) > LONGEST:
        raise ValueError(f"a path has 1 to {LONGEST} characters")
    parts = found.split("/")
    if len(parts) > DEEPEST:
        raise ValueError(f"a path has at most {DEEPEST} parts")
    for part in parts:
        _check(part)
    if not found.endswith(".md") or len(parts[-1]) <= len(".md"):
        raise ValueError("a path ends with a file name and .md")
    if any(folder.casefold().endswith(".md") for folder in parts[:-1]):
        raise ValueError("a folder may not end with .md")
    return found


def key(path: str) -> str:
    """What two paths share when some file system would take them for one file.

    Compatibility forms are folded, too: `key(key(path)) == key(path)`.
    """
    folded = path
    while (further := _folded(folded)) != folded:
        folded = further
    return folded


def suggest(title: str, folder: str = "") -> str:
    """A path for a document of this title; always one that `clean` takes.

    Args:
        title: in any language.
        folder: to put it in, without a slash at the end; "" for the top.
    """
    words = unicodedata.normalize("NFKC", title).casefold()
    slug = _SLUG.sub("-", words).strip("-_")
    while len(slug.encode()) > LONGEST_PART // 2:
        slug = slug[:-1]
    slug = slug.strip("-_") or "document"
    if _DEVICES.match(slug):
        slug = f"{slug}-document"
    found = f"{folder}/{slug}.md" if folder else f"{slug}.md"
    try:
        return clean(found)
    except ValueError:
        return clean("document.md" if not folder else f"{folder}/document.md")


def numbered(path: str, number: int) -> str:
    """The path of another document of the same title: `a.md`, `a-2.md`, `a-3.md`."""
    return path if number == 1 else f"{path.removesuffix('.md')}-{number}.md"


def _folded(path: str) -> str:
    """Taken apart first: a mark that folds to a letter must stand where its form puts it."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFD", path).casefold())


def _check(part: str) -> None:
    if not part:
        raise ValueError("a path is relative and has no empty part")
    if part.startswith((".", " ", "-")) or part.endswith((".", " ")):
        raise ValueError("no part begins with a dot, dash or space or ends with a dot or space")
    if len(part.encode()) > LONGEST_PART:
        raise ValueError(f"no part has more than {LONGEST_PART} bytes")
    if any(letter in _FORBIDDEN or _is_invisible(letter) for letter in part):
        raise ValueError(
            'parts have no control or invisible characters and none of \\ : * ? " < > | ~ ^ [ ] '
            "{ } $ ` ! ; & '"
        )
    if _DEVICES.match(key(part)):
        raise ValueError("no part is the name of a device, as con or nul")


def _is_invisible(letter: str) -> bool:
    """Control, format, surrogate, private and unassigned characters, and spaces but the plain."""
    if _IGNORED.match(letter):
        return True
    kind = unicodedata.category(letter)
    return kind.startswith("C") or (kind.startswith("Z") and letter != " ")
