"""What a transcript says that is worth a note, by rules: decisions, fixes, commands, preferences.

Without a language model. The rules look for the words with which people mark such statements, in
six languages; what is not marked is not found. They prefer missing a statement to making one up:
a sentence is taken as it was written, never put together.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from re import Pattern
from typing import Literal

from apps.captures.core import transcript
from apps.captures.core.transcript import Role

What = Literal["decision", "fix", "command", "preference"]
KINDS: dict[What, str] = {
    "decision": "decision", "fix": "fact", "command": "procedure", "preference": "preference",
}  # fmt: skip
SHORTEST, LONGEST = 12, 500  # characters of a statement
MOST = 200  # statements of one chunk

_START = r"(?:^|(?<=[\s\"'(*,;:–—-]))"


def _marked(*phrases: str) -> Pattern[str]:
    return re.compile(f"{_START}(?:{'|'.join(phrases)})", re.IGNORECASE)


_DECISION = _marked(
    r"decision\s?:", r"it (?:was|is) (?:decided|agreed) ", r"(?:we|i)'?(?:ll| will) go with ",
    r"(?:we|they|the team)(?:'ve| have| had)? (?:now )?(?:decided|agreed|settled) ",
    r"entscheidung\s?:", r"(?:wir haben|es wurde) (?:\S+ ){0,6}?(?:entschieden|beschlossen)",
    r"wir (?:entscheiden uns|einigen uns|einigten uns) ",
    r"decisión\s?:", r"(?:hemos|se ha) (?:decidido|acordado) ", r"(?:decidimos|acordamos) ",
    r"décision\s?:", r"(?:nous avons|on a|il a été) (?:décidé|convenu) ",
    r"decisione\s?:", r"(?:abbiamo|è stato) deciso ",
    r"decisão\s?:", r"(?:ficou decidido|foi decidido) ",
)  # fmt: skip
_FIX = _marked(
    r"(?:the )?(?:root )?cause (?:was|is|turned out)",
    r"(?:the )?(?:fix|solution|workaround) (?:was|is)\b",
    r"(?:fix|root cause|solution|workaround)\s?:",
    r"(?:this |that |it )?(?:was |is |got )?(?:fixed|solved|resolved) by ",
    r"(?:die )?ursache (?:war|ist)\b", r"(?:die )?lösung (?:war|ist)\b", r"(?:ursache|lösung)\s?:",
    r"(?:gelöst|behoben) (?:durch|mit|indem) ",
    r"la (?:causa|solución) (?:era|fue|es)\b", r"(?:causa|solución)\s?:",
    r"la (?:cause|solution) (?:était|est)\b", r"(?:cause|correctif)\s?:",
    r"(?:résolu|corrigé) (?:par|en) ",
    r"la (?:causa|soluzione) (?:era|è)\b", r"soluzione\s?:",
    r"a (?:causa|solução) (?:era|foi|é)\b", r"solução\s?:",
)  # fmt: skip
_PREFERENCE = _marked(
    r"i (?:always |usually |really |would )?prefer\b", r"i'?d rather ", r"my preference is ",
    r"please (?:always|never|don'?t ever) ", r"from now on,? ",
    r"(?:always|never) (?:use|write|call|answer|format|put|add|run)\b",
    r"ich bevorzuge ", r"mir ist lieber ", r"bitte (?:immer|nie|niemals|künftig) ", r"ab jetzt ",
    r"prefiero ", r"por favor,? (?:siempre|nunca) ", r"de ahora en adelante",
    r"je préfère ", r"(?:toujours|jamais) (?:utiliser|écrire|répondre) ", r"désormais,? ",
    r"preferisco ", r"d'ora in poi", r"(?:eu )?prefiro ", r"a partir de agora",
)  # fmt: skip
_QUESTION = re.compile(r"[?？]\s*$")
_PROMPT = re.compile(r"^\s{0,8}(?:[\w.@~:/-]{0,60})?[$❯]\s+(\S.*)$")
_FENCE = re.compile(r"^\s{0,3}(?:```|~~~)\s*(\w*)")
_SHELLS = frozenset({"sh", "bash", "shell", "zsh", "console", "fish", "powershell"})
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|\n+")
_BULLET = re.compile(r"^[\s>*•–-]*(?:\d{1,3}[.)]\s)?")


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing worth a note.

    Attributes:
        what: the rule's family; `KINDS` says which kind of memory it becomes.
        text: as it was said, 12 to 500 characters.
    """

    what: What
    text: str

    @property
    def kind(self) -> str:
        """Kind of memory."""
        return KINDS[self.what]


def statements(text: str, *, role: Role = "") -> list[Statement]:
    """What the rules find in a transcript or a part of one, in order and each once, at most 200.

    Preferences count from people, not from tools or assistants; where no speaker is named anybody
    may be a person.

    Args:
        text: any characters.
        role: who was speaking when it begins, if that is known.
    """
    found: dict[Statement, None] = {}
    for turn in transcript.turns(text, role=role):
        for statement in _of_turn(turn.role, turn.text):
            found.setdefault(statement)
            if len(found) == MOST:
                return list(found)
    return list(found)


def _of_turn(role: Role, text: str) -> Iterator[Statement]:
    prose: list[str] = []
    shell: str | None = None  # inside a fence: its language
    for line in text.splitlines():
        fence = _FENCE.match(line)
        if fence:
            yield from _of_prose(role, prose)
            prose, shell = [], None if shell is not None else fence.group(1).casefold()
        elif shell is not None:
            yield from _commands(line, bare=shell in _SHELLS and shell != "console")
        elif _PROMPT.match(line):
            yield from _commands(line, bare=False)
        else:
            prose.append(line)
    yield from _of_prose(role, prose)


def _commands(line: str, *, bare: bool) -> Iterator[Statement]:
    """A command behind a prompt; in a fence for a shell every line is one but comments."""
    prompt = _PROMPT.match(line)
    text = prompt.group(1).strip() if prompt else line.strip() if bare else ""
    if SHORTEST <= len(text) <= LONGEST and not text.startswith("#"):
        yield Statement("command", text)


def _of_prose(role: Role, lines: list[str]) -> Iterator[Statement]:
    if role == "tool":  # what programs print is no statement of anybody's
        return
    for raw in _SENTENCE.split("\n".join(lines)):
        sentence = _BULLET.sub("", raw).strip()
        if not SHORTEST <= len(sentence) <= LONGEST or _QUESTION.search(sentence):
            continue
        if _DECISION.search(sentence):
            yield Statement("decision", sentence)
        elif _FIX.search(sentence):
            yield Statement("fix", sentence)
        elif role != "assistant" and _PREFERENCE.search(sentence):
            yield Statement("preference", sentence)
