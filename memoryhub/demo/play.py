"""The performance, over HTTP as agents see it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from memoryhub.demo import standing
from memoryhub.demo.cast import Cast
from memoryhub.demo.folder import Folder, Question
from memoryhub.demo.hub import Hub, RefusedError, until
from memoryhub.demo.standing import Stood

_RUN_TIMEOUT_SECONDS = 600
_WORTH_APPROVING = 3  # independent people; fewer stay with the reviewer


@dataclass(slots=True)
class Answer:
    """What one question found: shared memories, and who the best of them was learned from."""

    question: Question
    shared: list[dict[str, Any]]
    contributors: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Performance:
    """Everything that happened, for the report."""

    written: int = 0
    repeated: int = 0
    outcomes: int = 0
    runs: list[dict[str, Any]] = field(default_factory=list)
    published: list[dict[str, Any]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    approved: list[dict[str, Any]] = field(default_factory=list)
    before: list[Answer] = field(default_factory=list)
    after: list[Answer] = field(default_factory=list)
    stood: Stood | None = None


class Player:
    """Plays a folder against a hub."""

    def __init__(self, base_url: str, folder: Folder, cast: Cast) -> None:
        self._folder = folder
        self._cast = cast
        self._hub = Hub(base_url)
        self._ids: dict[str, str] = {}
        self.performance = Performance()

    def play(self) -> Performance:
        """Write, report, ask, run, review, make canon of one fact, ask again, run again."""
        self._write()
        self._report_outcomes()
        self.performance.before = [self._ask(question) for question in self._folder.questions]
        self._run()
        self._review()
        self.performance.stood = standing.stand_by(self._hub, self._folder, self._cast)
        self.performance.after = [self._ask(question) for question in self._folder.questions]
        self._run()
        return self.performance

    def _write(self) -> None:
        for row in self._folder.memories:
            names = ("text", "kind", "tags", "metadata", "occurred_at")
            body = {name: row[name] for name in names if name in row}
            body["session_id"] = row.get("session") or ""
            answer = self._hub.post(self._writer(row), "/memories", body, key=f"demo-{row['id']}")
            self._ids[row["id"]] = answer["id"]
            if answer["created"]:
                self.performance.written += 1
            else:
                self.performance.repeated += 1

    def _report_outcomes(self) -> None:
        for row in self._folder.outcomes:
            body = {name: row[name] for name in ("task", "success", "kind", "occurred_at")}
            body["memory_ids"] = [self._ids[memory] for memory in row["memory_ids"]]
            token = self._voice(row["actor"])
            self._hub.post(token, "/outcomes", body, key=f"demo-{row['id']}")
            self.performance.outcomes += 1

    def _run(self) -> None:
        started = self._hub.post(self._cast.reviewer, "/runs", {})

        def ended() -> dict[str, Any] | None:
            run = self._hub.get(self._cast.reviewer, f"/runs/{started['id']}")
            return run if run["state"] in {"done", "failed"} else None

        run = until(ended, seconds=_RUN_TIMEOUT_SECONDS, what="the curation run did not end")
        self.performance.runs.append(run)
        if run["state"] == "failed":
            raise RuntimeError(f"the curation run failed: {run['error']}")

    def _review(self) -> None:
        """Look at everything; approve what three people found out and nothing speaks against."""
        reviewer = self._cast.reviewer
        self.performance.published = [
            found
            for found in self._hub.pages(reviewer, "/candidates", status="approved")
            if found["reviewer"] is None
        ]
        self.performance.requests = list(self._hub.pages(reviewer, "/candidates"))
        for found in self.performance.requests:
            independent = sum(member["independent"] for member in found["members"])
            doubted = any(code.startswith("gate.") for code in found["decision"]["reasons"])
            if independent >= _WORTH_APPROVING and not doubted:
                body = {
                    "reason": f"{independent} people found this out on their own",
                    "expected_revision": found["revision"],
                }
                path = f"/candidates/{found['id']}/approve"
                try:
                    self.performance.approved.append(self._hub.post(reviewer, path, body))
                except RefusedError as error:
                    if error.code != "own_request":  # their own words wait for a colleague
                        raise

    def _ask(self, question: Question) -> Answer:
        voice = self._voice(question.asker)
        answer = self._hub.post(voice, "/recall", {"query": question.text, "limit": 5})
        shared = [found for found in answer["results"] if found["layer"] != "L1"]
        if not shared:
            return Answer(question, [])
        sources = self._hub.get(voice, f"/memories/{shared[0]['id']}/provenance")
        people = {source["contributor"]["name"] for source in sources if source["contributor"]}
        return Answer(question, shared, sorted(people))

    def _writer(self, row: dict[str, Any]) -> str:
        agent = row.get("agent")
        return self._cast.agents[agent] if agent else self._cast.people[row["author"]]

    def _voice(self, person: str) -> str:
        """A person speaks through an agent where there is one."""
        agent = self._cast.agent_of.get(person)
        return self._cast.agents[agent] if agent else self._cast.people[person]

    def close(self) -> None:
        """Close the connections."""
        self._hub.close()


@contextmanager
def player(base_url: str, folder: Folder, cast: Cast) -> Iterator[Player]:
    """A player whose connections are closed afterwards."""
    made = Player(base_url, folder, cast)
    try:
        yield made
    finally:
        made.close()


def changed(before: Iterable[Answer], after: Iterable[Answer]) -> list[tuple[Answer, Answer]]:
    """Questions that the organisation can answer now and could not before, best gain first."""
    gained = []
    for old, new in zip(before, after, strict=True):
        known = {found["id"] for found in old.shared}
        fresh = [found for found in new.shared if found["id"] not in known]
        if fresh:
            top = new.shared[0]["id"] == fresh[0]["id"]
            gained.append((top, fresh[0]["score"], old, new))
    gained.sort(key=lambda entry: (-entry[0], -entry[1]))
    return [(old, new) for _, _, old, new in gained]
