"""Paths, front matter, documents, rules: tables and laws."""

import unicodedata
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.canon.core import changes, documents, front, paths, rendering, review
from apps.canon.core.review import Approval, Owners, Rules, standing

ALICE, BOB, CYD = (UUID(int=number) for number in (1, 2, 3))


@pytest.mark.parametrize(
    "path",
    ["a.md", "playbooks/returns.md", "Über uns/Größe 1.md", "手順/返品.md", "a/b/c/d/e/f/g/h.md"],
)
def test_a_path_in_its_form_is_taken_as_it_is(path):
    assert paths.clean(unicodedata.normalize("NFD", path)) == unicodedata.normalize("NFC", path)


@pytest.mark.parametrize(
    "path",
    [
        "", "a", ".md", "/a.md", "a//b.md", "../a.md", "a/../b.md", "./a.md", ".git/a.md",
        "a/.hidden.md", "a.md/b.md", "A.MD/b.md", "a.MD", "con.md", "x/NUL.md", "com1.txt.md",
        "a\x00.md", "a\u200b.md", "a\u202e.md", "a\\b.md", "c:a.md", "a*.md", "a .md/", "a ./b.md",
        "-a.md", " a.md", "a/b/c/d/e/f/g/h/i.md", "ä" * 120 + ".md", "a" * 198 + ".md", "a\n.md",
    ],
)  # fmt: skip
def test_what_could_be_another_file_is_no_path(path):
    with pytest.raises(ValueError, match=r"path|part|folder"):
        paths.clean(path)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Returns.md", "returns.md"),
        ("STRASSE.md", "straße.md"),
        ("cafe\u0301.md", "café.md"),
        ("ﬁle.md", "file.md"),
        ("Ⅻ.md", "xii.md"),
        ("K.md", "K.md"),
    ],
)
def test_spellings_of_one_file_share_a_key(one, other):
    assert paths.key(one) == paths.key(other)


@given(st.text())
def test_a_key_is_its_own_key(text):
    key = paths.key(text)
    assert paths.key(key) == key
    assert paths.key(unicodedata.normalize("NFD", text)) == key


def _variants(path: str) -> st.SearchStrategy[str]:
    """What somebody may type for the same file: case, forms, marks that show nothing, edges."""
    edits = st.lists(st.tuples(st.integers(0, len(path)), st.sampled_from(
        ["upper", "lower", "title", "NFC", "NFD", "NFKC", "NFKD", ".", " ", "\u034f", "\ufe0f",
         "\u200d", "\u3164", "\xad"])), max_size=4)  # fmt: skip
    return edits.map(lambda found: _edited(path, found))


def _edited(path: str, edits: list[tuple[int, str]]) -> str:
    for at, edit in edits:
        if edit.startswith("NF"):
            path = unicodedata.normalize(edit, path)  # type: ignore[arg-type]
        elif edit.isascii() and edit.isalpha():
            path = path[:at] + getattr(path[at:], edit)()
        else:
            path = path[:at] + edit + path[at:]
    return path


def _unseen(path: str) -> str:
    """Without what is drawn as nothing."""
    return "".join(c for c in path if c not in "\u034f\ufe0f\u200d\u3164\xad")


# How file systems tell names apart; two names of one value are one file there.
FILE_SYSTEMS = {
    "exact": lambda path: path,
    "macOS": lambda path: unicodedata.normalize("NFD", _unseen(path)).casefold(),
    "Windows": lambda path: "/".join(
        "".join(c.upper() if len(c.upper()) == 1 and c.upper().lower() == c.lower() else c
                for c in part).rstrip(". ") for part in path.split("/")
    ),
    "ext4, case folded": lambda path: unicodedata.normalize(
        "NFD", unicodedata.normalize("NFD", _unseen(path)).casefold()
    ),
    "compatible": lambda path: unicodedata.normalize("NFKC", path.casefold()),
}  # fmt: skip


@given(st.data())
def test_two_paths_never_lead_to_one_file_on_any_file_system(data):
    words = st.text("aBzÄßſıİκσςÅ\u212bﬁ㎏ａ1.-_ é/", min_size=1, max_size=12)
    one = data.draw(words.map(lambda text: f"{text}.md"))
    other = data.draw(_variants(one))
    try:
        kept, again = paths.clean(one), paths.clean(other)
    except ValueError:
        return
    for name, same in FILE_SYSTEMS.items():
        if same(kept) == same(again):
            assert paths.key(kept) == paths.key(again), name


@pytest.mark.parametrize(
    "name", ["con", "CON ", "Nul", "com1", "COM¹", "lpt９", "ｃｏｎ", "aux.txt"]
)
def test_names_of_devices_are_no_parts_in_any_spelling(name):
    for path in (f"{name}.md", f"x/{name}/a.md"):
        with pytest.raises(ValueError, match=r"device|part"):
            paths.clean(path)


@given(st.text(), st.integers(1, 40))
def test_documents_of_one_title_are_numbered_apart(title, number):
    base = paths.suggest(title)
    path = paths.numbered(base, number)
    assert paths.clean(path) == path
    assert (paths.key(path) == paths.key(base)) is (number == 1)


@given(st.text())
def test_any_title_gives_a_path(title):
    path = paths.suggest(title)
    assert paths.clean(path) == path


@given(st.text())
def test_the_form_of_a_document_is_a_fixed_point(text):
    try:
        once = documents.canonical(text)
    except ValueError:
        return
    assert documents.canonical(once) == once
    assert once.endswith("\n")
    assert "\r" not in once


def test_front_matter_says_what_stands_there():
    read = front.read(
        "title: Returns\ntags: [b, a, b]\nowner: Support\neffective_from: 2026-01-01\nx: {y: [1]}\n"
    )
    assert read.title == "Returns"
    assert read.tags == ("a", "b")
    assert (read.owner, str(read.effective_from)) == ("Support", "2026-01-01")
    assert read.extra == {"x": {"y": [1]}}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "title"),
        ("- a", "title"),
        ("tags: [a]", "title must not be empty"),
        ("title: [a]", "title is text"),
        ("title: a\ntitle: b", "twice"),
        ("title: &a x\ntags: [*a]", "aliases"),
        ("title: !!python/object/apply:os.system [ls]", "no YAML"),
        ("title: {", "no YAML"),
        ("title: a\neffective_from: soon", "effective_from is a day"),
        ("title: a\neffective_from: 2026-02-01\neffective_to: 2026-01-01", "before"),
        ("title: a\ntags: " + str(["t"] * 51), "at most 50"),
        ("title: " + "a" * 9000, "8192 bytes"),
        ("title: " + "a" * 201, "200 characters"),
        ('title: "a\\uD800"', "control characters"),
        ('title: "a\\0"', "control characters"),
        ('title: a\ndescription: "\\uDFFF"', "control characters"),
        ('title: a\nother: "\\0"', "no text holds"),
        ('title: a\nother: {"\\uD800": 1}', "no text holds"),
        ('title: a\n"\\0": 1', "no text holds"),
        ("title: a\nother: [0x" + "f" * 17 + "]", "64 bits"),
    ],
)
def test_front_matter_that_is_none_says_why(text, says):
    with pytest.raises(ValueError, match=says):
        front.read(text)


def test_sections_know_their_headings_and_code_is_none():
    body = "Before.\n\n# A\n\none\n\n## B\n\n```\n# not a heading\n```\n\n## B\n\n# C\n\nlast"
    found = documents.sections(body)
    assert [(each.anchor, each.heading) for each in found] == [
        ("", ()), ("a", ("A",)), ("b", ("A", "B")), ("b-1", ("A", "B")), ("c", ("C",)),
    ]  # fmt: skip
    assert "# not a heading" in found[2].text


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("b.md", "x/b.md"), ("./b.md#top", "x/b.md"), ("../b.md", "b.md"), ("/y/b.md", "y/b.md"),
        ("#here", ""), ("../../b.md", None), ("../x/../../etc.md", None),
    ],
)  # fmt: skip
def test_links_lead_within_the_documents(link, target):
    if target is None:
        with pytest.raises(ValueError, match="out of"):
            documents.target_of("x/a.md", link)
    else:
        assert documents.target_of("x/a.md", link) == target


def test_links_in_code_and_to_the_world_are_not_ours():
    body = "[a](a.md) [w](https://x.org) [m](mailto:a@b.c)\n```\n[c](c.md)\n```\n[d](<d.md> 'D')"
    assert documents.links(body) == ["a.md", "d.md"]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("# A", "A"), ("#\tA \t", "A"), ("###### A ##", "A"), ("## A#", "A"), ("# A ## ", "A ##"),
        ("# ##", "#"), ("#   A  b", "A  b"), ("#A", None), ("####### A", None), (" # A", None),
    ],
)  # fmt: skip
def test_what_a_heading_says(line, name):
    found = documents.sections(f"{line}\nwords")
    assert found[0].heading == ((name,) if name else ())


_HALF = documents.LARGEST // 2


@pytest.mark.parametrize(
    "body",
    ["# a" + " " * _HALF + "b", "# a" + "#" * _HALF + "b", "[" * _HALF, "[](" * (_HALF // 3),
     '[](a "' * (_HALF // 6), "[](a" + " " * _HALF, "[](" + "x" * _HALF, "`" * _HALF],
    ids=lambda body: body[:6],
)  # fmt: skip
def test_words_that_are_made_to_be_slow_are_read_once(body):
    """A pattern that goes back over them would need hours for each of these."""
    assert documents.links(body) == []
    assert len(documents.sections(body)) == 1


def test_lines_that_are_made_to_be_slow_are_told_as_replaced():
    """Comparing each with each would need hours: they are all alike, or too many."""
    alike = ("x\n" * 1500 + "y\n" * 400, "y\n" * 400 + "x\n" * 1500)
    many = ("\n".join(map(str, range(30_000))), "\n".join(map(str, range(30_000, 0, -1))))
    for before, after in (alike, many):
        told = changes.between(before, after)
        assert {line.kind for line in told} >= {"added", "removed"}
        assert changes.unified(before, after, "a.md").startswith("--- a/a.md\n+++ b/a.md\n@@ -1,")


def patched(lines, diff):
    """`lines` after what `diff -u` says of them."""
    made, at = [], 0
    for line in diff.split("\n")[2:] if diff else []:
        if line.startswith("@@"):
            start, _, length = line.split()[1][1:].partition(",")
            begins = int(start) - (length != "0")
            made += lines[at:begins]
            at = begins
        elif line[0] == "+":
            made.append(line[1:])
        else:
            assert lines[at] == line[1:]
            made += [line[1:]] if line[0] == " " else []
            at += 1
    return made + lines[at:]


@given(st.lists(st.sampled_from("abcdefgh")), st.lists(st.sampled_from("abcdefgh")))
def test_a_difference_leads_from_one_side_to_the_other(before, after):
    told = changes.unified("\n".join(before), "\n".join(after), "a.md")
    assert patched(before, told) == after


@given(st.lists(st.sampled_from("abcd")), st.lists(st.sampled_from("abcd")))
def test_a_difference_tells_both_sides(before, after):
    lines = changes.between("\n".join(before), "\n".join(after))
    removed = sum(line.kind == "removed" for line in lines)
    added = sum(line.kind == "added" for line in lines)
    assert added - removed == len(after) - len(before)
    assert (not lines) == (before == after)


@pytest.mark.parametrize(
    ("body", "never"),
    [
        ("<script>alert(1)</script>", "<script"),
        ("<img src=x onerror=alert(1)>", "<img"),
        ("[a](javascript:alert(1))", 'href="javascript'),
        ("[a](data:text/html,<script>)", 'href="data'),
        ("[a](vbscript:x)", 'href="vbscript'),
        ("![a](https://tracker.example/x.png)", "<img"),
        ("<a href='x' onclick='y'>z</a>", "<a href"),
        ("<svg/onload=alert(1)>", "<svg"),
        ("[x](\x01javascript:alert(1))", 'href="\x01javascript'),
        ("<iframe src=//x></iframe>", "<iframe"),
        ("```html\n<script>x</script>\n```", "<script"),
        ("<style>*{}</style>", "<style"),
    ],
)
def test_hostile_markdown_is_sanitised(body, never):
    assert never not in rendering.html(body)


def test_ordinary_markdown_is_rendered():
    html = rendering.html("# A\n\n*b* [c](d.md)\n\n| x |\n|---|\n| 1 |\n")
    for part in ("<h1>A</h1>", "<em>b</em>", 'href="d.md"', "<table>", "<td>1</td>"):
        assert part in html


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("security/**", "security/a/b.md", True),
        ("security/**", "a/security/b.md", False),
        ("*.md", "deep/down/a.md", True),
        ("/*.md", "deep/a.md", False),
        ("a/*/c.md", "a/b/c.md", True),
        ("a/*/c.md", "a/b/x/c.md", False),
        ("a/**/c.md", "a/c.md", True),
        ("re?urns.md", "x/returns.md", True),
        ("a.md", "xa.md", False),
    ],
)
def test_globs(glob, path, matches):
    rules = Rules(1, (Owners(glob, (ALICE,)),))
    assert (rules.owners_of(path) == (ALICE,)) is matches


def test_the_last_glob_decides():
    rules = Rules(1, (Owners("**", (ALICE,)), Owners("legal/**", (BOB,))))
    assert rules.owners_of("legal/a.md") == (BOB,)
    assert rules.owners_of("other/a.md") == (ALICE,)


def _standing(approvals: list[Approval], rules: Rules) -> review.Standing:
    return standing(
        path="legal/a.md", sha256="new", approvals=approvals, writers={CYD},
        reviewers={ALICE, BOB, CYD}, rules=rules,
    )  # fmt: skip


def test_what_counts():
    rules = Rules(2, (Owners("legal/**", (BOB,)),))
    old, alice, cyd = Approval(BOB, "old"), Approval(ALICE, "new"), Approval(CYD, "new")
    stranger = Approval(UUID(int=9), "new")
    found = _standing([old, alice, alice, cyd, stranger], rules)
    assert (found.counted, found.missing, found.owners) == ((ALICE,), 1, (BOB,))
    assert not found.enough
    assert _standing([alice, Approval(BOB, "new")], rules).enough


@given(st.lists(st.builds(Approval, st.sampled_from([ALICE, BOB, CYD]), st.sampled_from("ab"))))
def test_more_approvals_never_make_it_less(approvals):
    rules = Rules(2)
    counts = [
        standing(
            path="a.md", sha256="a", approvals=approvals[:number], writers={CYD},
            reviewers={ALICE, BOB, CYD}, rules=rules,
        ).missing
        for number in range(len(approvals) + 1)
    ]  # fmt: skip
    assert counts == sorted(counts, reverse=True)


@pytest.mark.parametrize(
    "values",
    [
        {"approvals": 0}, {"approvals": 11}, {"approvals": True}, {"approvals": "2"}, {"x": 1},
        {"owners": {}}, {"owners": [{"glob": "a"}]}, {"owners": [{"glob": "a", "people": []}]},
        {"owners": [{"glob": "a", "people": ["x"]}]},
        {"owners": [{"glob": "*" * 9, "people": [str(BOB)]}]},
    ],
)  # fmt: skip
def test_rules_out_of_range_are_refused(values):
    with pytest.raises(ValueError, match=r"approvals|owners|glob|people|there is no"):
        Rules.of(values)


def test_rules_are_stored_and_read_the_same():
    rules = Rules(3, (Owners("a/**", (ALICE, BOB)),))
    assert Rules.of(rules.values()) == rules
