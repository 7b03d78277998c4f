"""What must hold before a proposal may become canon. Rooms above register further checks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from apps.canon.core import documents, paths
from apps.canon.core.documents import Document as Parsed
from apps.canon.models import Change, ChangeProposal, Document
from apps.kernel import isolation
from apps.memories.models import Status

Screen = Callable[[str], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its stable code, whether it holds, and in words what does not."""

    code: str
    ok: bool
    detail: str = ""


_screens: dict[str, Screen] = {}


def register(code: str, screen: Screen) -> None:
    """Ask `screen` of every proposal's content from now on; what it finds are stable codes."""
    _screens[code] = screen


def of(proposal: ChangeProposal) -> list[Check]:
    """Every check of a proposal as it is now, in a fixed order."""
    found = [_base(proposal), _path(proposal), _sources(proposal)]
    if proposal.change == Change.RETIRE:
        return found
    try:
        parsed = documents.read(proposal.content)
    except ValueError as error:
        return [Check("front_matter", ok=False, detail=f"{error}."), *found]
    return [Check("front_matter", ok=True), *found, _links(proposal, parsed), *_screened(parsed)]


def _base(proposal: ChangeProposal) -> Check:
    """It was written against what stands now."""
    if proposal.document is None or proposal.document.head_id == proposal.base_id:
        return Check("base", ok=True)
    return Check(
        "base", ok=False, detail="The document changed since this was written: bring it up to date."
    )


def _path(proposal: ChangeProposal) -> Check:
    """A new document takes nobody's file."""
    if proposal.change != Change.CREATE or not taken(proposal):
        return Check("path", ok=True)
    return Check("path", ok=False, detail="Another document has this path.")


def taken(proposal: ChangeProposal) -> bool:
    """Whether a document of the organisation has the path: paths are nobody's secret."""
    with isolation.reaching("organisation"):
        rows = Document.objects.filter(organisation_id=proposal.organisation_id)
        return rows.at(proposal.path).exists()


def _sources(proposal: ChangeProposal) -> Check:
    """Every memory it was made from still says what it said, whoever reads it."""
    with isolation.reaching("organisation"):
        gone = sum(
            source.memory.status != Status.ACTIVE or source.memory.revision != source.revision
            for source in proposal.sources.select_related("memory")
        )
    if not gone:
        return Check("sources", ok=True)
    return Check("sources", ok=False, detail=f"Sources that changed or were taken back: {gone}.")


def _links(proposal: ChangeProposal, parsed: Parsed) -> Check:
    """Links within canon lead to documents whose readers include this one's."""
    broken = []
    for link in documents.links(parsed.body):
        try:
            target = documents.target_of(proposal.path, link)
        except ValueError:
            broken.append(link)
            continue
        if (
            target
            and paths.key(target) != paths.key(proposal.path)
            and not _leads(proposal, target)
        ):
            broken.append(link)
    if not broken:
        return Check("links", ok=True)
    return Check("links", ok=False, detail=f"Links that lead nowhere: {', '.join(broken[:5])}.")


def _leads(proposal: ChangeProposal, target: str) -> bool:
    """Known by path at least; whether the reader of the link may read it is theirs to find out."""
    with isolation.reaching("organisation"):
        rows = Document.objects.filter(organisation_id=proposal.organisation_id).standing()
        return rows.at(target).exists()


def _screened(parsed: Parsed) -> list[Check]:
    found = []
    for code, screen in sorted(_screens.items()):
        marks = sorted(set(screen(parsed.content)))
        detail = f"Found: {', '.join(marks)}." if marks else ""
        found.append(Check(code, ok=not marks, detail=detail))
    return found
