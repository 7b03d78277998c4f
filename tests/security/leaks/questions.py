"""Questions to a route by chance: ids of every kind, filters, words that stand in one place."""

import json
import re
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import urlencode

from tests.security.leaks.asking import Question
from tests.security.leaks.facts import Asker
from tests.security.leaks.oracle import Ledger
from tests.security.leaks.routes import Route
from tests.security.leaks.snapshot import CANARY

_PLACE = re.compile(r"\{(\w+):(\w*)\}")
_NAMES = {  # what the models of addresses and the names of the permission table mean in the ledger
    "memory": "note", "note": "note", "personal": "space", "team": "space", "root": "space",
    "user": "agent", "agenttoken": "token", "screening": "mark", "disputed": "mark",
    "curationrun": "run", "decayrun": "decay_run", "decay": "decay_run", "recalluse": "recall",
    "target": "space", "contributor": "person", "owner": "person", "author": "person",
    "actor": "person", "alice": "person", "bob": "person", "to": "entity",
    "proposal": "archivist_proposal",
    "approved": "canon", "changeproposal": "canon", "rules": "canon_rules", "upload": "capture",
    "legalhold": "hold", "groupmapping": "mapping", "scimtoken": "scim_token",
    "auditevent": "event", "other": "candidate", "member": "candidate", "third": "entity",
    "reader's": "token", "writer's": "token",
}  # fmt: skip
_WORDS = {"q", "tag", "session", "name", "prefix", "path", "type"}
_SEVERAL = {"status", "kind", "state", "source"}  # of these everything
_VERBS = (
    "approve", "reject", "merge", "edit", "split", "join", "dispute", "accept", "release",
    "confirm", "settle", "defer", "ask", "undo",
)  # fmt: skip


@dataclass(frozen=True)
class Names:
    """What can be asked about: ids by kind, and words."""

    ids: dict[str, list[str]]
    words: list[str]
    emails: list[str]

    @classmethod
    def of(cls, ledger: Ledger) -> "Names":
        """Everything there is, whoever may know it."""
        ids: dict[str, list[str]] = {}
        words: list[str] = []
        for marker, facts in ledger.facts.items():
            if CANARY.fullmatch(marker):
                words.append(marker)
                continue
            for kind in sorted({fact.kind for fact in facts}):
                ids.setdefault(kind, []).append(marker)
        emails = [word for word in words if any(f.kind == "email" for f in ledger.facts[word])]
        return cls(ids, words, [f"{word}@example.org" for word in emails])

    def known_to(self, asker: Asker, ledger: Ledger) -> "Names":
        """Those that the asker may know."""
        ids = {
            kind: found
            for kind, markers in self.ids.items()
            if (found := [marker for marker in markers if ledger.may_see(asker, marker)])
        }
        words = [word for word in self.words if ledger.may_see(asker, word)]
        return Names(ids, words or self.words, self.emails)

    def id_of(self, kind: str, chance: Random) -> str:
        """An id of that kind, or sometimes (and where there is none) of any other."""
        wanted = self.ids.get(_NAMES.get(kind, kind), [])
        if not wanted or chance.random() < 0.1:
            wanted = self.ids[chance.choice(sorted(self.ids))]
        return chance.choice(wanted)


def about(route: Route, names: Names, chance: Random) -> Question:
    """A question to that route; its ids and words may be hidden from whoever asks it."""
    path = _PLACE.sub(lambda found: _filled(found, route, names, chance), route.path)
    asked = _asked(route, names, chance)
    url = f"{path}?{urlencode(asked, doseq=True)}" if asked else path
    method = route.method
    if method == "GET" and not route.is_desk and chance.random() < 0.1:
        method = chance.choice(("HEAD", "OPTIONS"))
    return Question(method, url, _body(route, names, chance), is_form=route.is_desk)


def _filled(found: re.Match[str], route: Route, names: Names, chance: Random) -> str:
    name, converter = found.groups()
    if converter == "uuid":
        kind = "space" if name == "space_id" else route.model
        return names.id_of(kind, chance)
    return chance.choice(_VERBS)


def _asked(route: Route, names: Names, chance: Random) -> dict[str, Any]:
    """Some of the filters, and the widest page."""
    asked: dict[str, Any] = dict(route.always)
    for name in chance.sample(sorted(route.filters), min(len(route.filters), chance.randint(0, 2))):
        choices = route.filters[name]
        if not choices:
            asked[name] = _value(name, names, chance)
        else:
            asked[name] = list(choices) if name in _SEVERAL else chance.choice(choices)
    if route.method == "GET" and not route.is_desk and "{" not in route.path:
        asked["page_size"] = 200
    return asked


def _value(name: str, names: Names, chance: Random) -> str:
    if name == "metadata":
        return json.dumps({"k": chance.choice(names.words)})
    if name in _WORDS:
        return chance.choice(names.words)
    if name == "status":
        return "all"
    if name in {"expired", "past", "include_archived"}:
        return "true"
    if name.endswith(("after", "since")):
        return "2020-01-01T00:00:00Z"
    return names.id_of(name, chance)


def _body(route: Route, names: Names, chance: Random) -> str:
    if route.method in {"GET", "HEAD", "OPTIONS"}:
        return ""
    if route.is_desk:
        return urlencode({"reason": "Why not.", "expected_revision": 1, "memory": ""})
    if not route.bodies:
        return "{}"
    return json.dumps(_meant(chance.choice(route.bodies), names, chance))


def _meant(value: Any, names: Names, chance: Random, key: str = "") -> Any:
    """A body of the permission table about something of this world."""
    if isinstance(value, dict):
        return {name: _meant(item, names, chance, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_meant(item, names, chance, key) for item in value]
    return _word(value, names, chance, key) if isinstance(value, str) else value


def _word(value: str, names: Names, chance: Random, key: str) -> str:
    if key == "query":
        return chance.choice(names.words)
    if key == "email":
        return chance.choice(names.emails)
    return names.id_of(value[1:].split(maxsplit=1)[0], chance) if value.startswith("$") else value
