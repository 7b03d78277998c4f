"""Text that tries to steer whoever reads it: single tell-tale shapes and concepts that meet."""

import re
from collections.abc import Iterator
from itertools import chain

from .concepts import Concept
from .marks import Kind, Mark, View, matches
from .views import BASE64, disguises, encoded_readings, fold, hidden_text, sentences
from .words import CONCEPTS

C = Concept  # short, for the table of rules

KIND: Kind = "instruction"

_RULES_OF = (
    r"(?:instructions?|rules?|orders?|guidelines?|prompts?|context|directions?|restrictions?|"
    r"information|polic(?:y|ies)|safeguards?|commands?|limits?|interlocks?)"
)
_EARLIER = (
    r"(?:all|any|previous|prior|preceding|above|earlier|former|your|my|system|every|safety|"
    r"pressure|temperature|speed)"
)
_DROP = (
    r"(?:ignore|disregard|forget|overrid\w|bypass|do not (?:follow|listen to|obey)|skip|forgotten)"
)
_NOT_FORBIDDEN = r"(?<!not )(?<!don't )(?<!never )"
OVERRIDE = (
    re.compile(
        rf"{_NOT_FORBIDDEN}\b{_DROP} "
        rf"(?:\w{{1,12}} ){{0,3}}{_EARLIER} (?:\w{{1,12}} ){{0,2}}{_RULES_OF}\b"
    ),
    re.compile(rf"\b{_EARLIER}\W{{1,3}}(?:\w{{1,12}} )?{_RULES_OF} (?:do|does) not apply\b"),
    re.compile(
        rf"\binstructions? (?:take priority over|are more important than)\b.{{0,40}}{_RULES_OF}"
    ),
    re.compile(
        r"\b(?:ignorier\w{0,3}|vergiss|vergesst|missachte\w{0,2}|"
        r"uberspring\w{1,3})\b.{0,25}\b(?:anweisung|regel|vorgabe|instruktion|prufung|"
        r"kontrolle|exportprufung)\w{0,3}|\b(?:ignor[ae]\w{0,2}|olvid\w{1,4}|omit[ae]\w{0,2}|"
        r"descart\w{1,3}|desconsider\w{1,3}|esquec\w{1,3})\b.{0,25}\b(?:instruc\w{2,8}|reglas?|"
        r"normas?|ordenes|indicacion\w{0,2}|verificac\w{2,4}|regras?|ordens)|\b(?:ignor\w{1,3}|"
        r"oubli\w{1,3})\b.{0,25}\b(?:instructions?|regles?|consignes?|verifications?|controles?)"
    ),
    re.compile(
        r"(?:以前|これまで|前|上記|すべて|全て|全)の?.{0,6}(?:指示|命令|ルール|規則|"
        r"プロンプト).{0,6}(?:無視|忘れ|従わ)|(?:이전|앞|모든|기존|위).{0,8}(?:지시|명령|규칙|"
        r"지침).{0,8}(?:무시|잊|따르지)|(?:忽略|无视|忘记|忽视|不要遵守).{0,6}(?:之前|以前|"
        r"先前|所有|上述|一切|前面).{0,8}(?:指令|指示|规则|说明|要求|提示)"
    ),
    re.compile(r"inject(?:ed)? ?:|system_override|\b(?:skip|disregard) (?:the )?p\w+ context\b"),
)
_MACHINE = (
    r"(?:ais?|(?:ai )?assistants?|(?:ai )?agents?|(?:chat)?bots?|llms?|(?:language )?models?|"
    r"ki-\w{2,12}|assistenten|asistentes?|agentes?|assistentes?)"
)
# One hit is enough.
SHAPES: dict[str, tuple[re.Pattern[str], ...]] = {
    "instruction.override": OVERRIDE,
    "instruction.role_marker": (
        re.compile(
            r"<\|(?:im_start|im_end|system|user|assistant)|\[/?inst\]|<</?sys>>|^###? ?system|"
            r"</?system>",
            re.MULTILINE,
        ),
        re.compile(r"[\"']role[\"'] ?: ?[\"'](?:system|assistant|developer)[\"']|/\* ?\[system\]"),
        re.compile(
            r"(?:^|[.!?\n] ?|\[)(?:assistant|asistente|assistent|assistente|アシスタント|助手) ?:",
            re.MULTILINE,
        ),
        re.compile(
            r"\bsystem (?:note|message|prompt|notice|override) ?:|\bsystem ?: (?:new|you|"
            r"from now|override|all|ignore|operating|updated)\b"
        ),
    ),
    "instruction.hidden": (
        re.compile(
            r"<!--|display ?: ?none|font-size ?: ?0|\[(?:hidden|automatische verarbeitung)\b"
        ),
    ),
    "instruction.exfiltration": (
        re.compile(r"!\[[^\]\n]{0,80}\]\([^)\n]{0,200}(?:\{\{|\$\{|\?[a-z_]{1,20}=)"),
        re.compile(
            r"\bcurl\b[^\n|]{0,120} (?:-f|-d|-t|--data\w{0,8}|--form|--upload-file)\b[^\n]{0,20}@"
        ),
    ),
    "instruction.remote_code": (
        re.compile(
            r"\b(?:curl|wget|iwr|irm)\b[^\n|]{0,200}\| ?(?:sudo )?(?:ba|z)?(?:sh|iex|python3?)\b"
        ),
        re.compile(r"\beval\(atob\(|\bpickle\.loads\(response"),
    ),
    # Text that says it talks to machines, to its own copies, or about what may never be said.
    "instruction.addressed": (
        re.compile(
            rf"\b{_MACHINE}\b.{{0,20}}\b(?:reading|reads?|processing|summari[sz]ing) (?:this|"
            rf"these)\b|\bif you are an? {_MACHINE}\b|\b{_MACHINE} instructions? ?:|\b(?:to|"
            rf"attention|note (?:to|for)|instructions? (?:to|for)|an|al|a los|aux|ao|"
            rf"aos) (?:any |all |every |the |alle )?{_MACHINE} ?:"
        ),
        re.compile(
            r"(?:^|[.!?\n] )(?:dear |all |an alle |to |an |a |para )?(?:copilot|chat ?bot|bot|"
            r"ai|ki|ia|llm|assistant|asistente|assistente)s? ?[:,]|(?:助手|アシスタント|"
            r"エージェント|에이전트|ai|챗봇)(?:へ|に告ぐ|请注意)? ?[:,、]"
        ),
        re.compile(
            r"\byou (?:have been|are hereby|are now) authori[sz]ed\b|"
            r"\bafter reading,? (?:delete|erase)\b"
        ),
    ),
    "instruction.self_copy": (
        re.compile(
            r"\b(?:copy|repeat|spread|propagate|add|forward) this (?:memory|note|rule|message|"
            r"instruction)s? (?:in)?to (?:all|every|each|any|other|the end)\b|"
            r"\bremember this for (?:all|every)\b"
        ),
    ),
    "instruction.suppression": (
        re.compile(
            r"\b(?:leave out|omit|hide|suppress) (?:anything|everything|all|any) (?:negative|"
            r"critical|bad|complaints?|risks?|problems?)\b|\b(?:correct|right|"
            r"only) answer to (?:any|every|all)\b"
        ),
    ),
    "instruction.persona": (
        re.compile(
            r"\byou (?:are now|are no longer|will now (?:act|be|behave|simulate))\b|"
            r"\bdo anything now\b|\bdeveloper mode\b|\bnever break character\b|"
            r"\bfrom any restrictions\b|\b(?:no|zero|without(?: any)?) (?:restrictions?|"
            r"filters?|safety (?:data|training)|ethic\w{0,3})\b|\bnot required to follow any\b|"
            r"\bopenai (?:guidelines|content|policies)|\b(?:behave|"
            r"act) as a (?:system )?administrator\b|\bpretend (?:to have forgotten|you have no)\b"
        ),
        re.compile(
            r"(?:^|[.!?\n:] ?)(?:please )?(?:role-?play as|impersonate|simulate being) "
            r"(?:an? |the )?\w"
        ),
    ),
}
# Whoever encodes a note hides it; so any of these, decoded, is a sign.
_ENCODED = (
    *OVERRIDE,
    *SHAPES["instruction.addressed"],
    *SHAPES["instruction.persona"],
)
# All concepts of a rule within two neighbouring sentences.
RULES: tuple[tuple[str, frozenset[C]], ...] = tuple(
    (f"instruction.{code}", frozenset(concepts))
    for code, concepts in (
        ("steering", (C.READER, C.ORDER, C.ANSWER)),
        ("steering", (C.READER, C.ASKED, C.ANSWER)),
        ("steering", (C.MACHINE, C.ORDER)),
        ("steering", (C.READER, C.CONCEAL)),
        ("steering", (C.READER, C.ORDER, C.GRANT)),
        ("steering", (C.READER, C.ORDER, C.PRIVATE_DATA)),
        ("steering", (C.READER, C.EVERY_OUTPUT)),
        ("steering", (C.ASKED, C.ANSWER, C.CONCEAL)),
        ("steering", (C.TRIGGER, C.ANSWER)),
        ("steering", (C.TRIGGER, C.APPROVED)),
        ("steering", (C.TRIGGER, C.ORDER)),
        ("steering", (C.CONCEAL_THIS, C.APPROVED)),
        ("steering", (C.CONCEAL_THIS, C.ANSWER)),
        ("steering", (C.ASKED, C.ANSWER, C.SAFETY, C.ORDER)),
        ("steering", (C.YOUR_CODE, C.PUT)),
        ("steering", (C.YOUR_REPLY, C.ADVERTISE)),
        ("exfiltration", (C.READER, C.SEND, C.SINK)),
        ("exfiltration", (C.READER, C.SEND, C.PRIVATE_DATA)),
        ("exfiltration", (C.ASKED, C.SEND, C.SINK, C.ANSWER)),
        ("exfiltration", (C.PRIVATE_DATA, C.EVERY_OUTPUT, C.PUT)),
        ("exfiltration", (C.PRIVATE_DATA, C.SEND, C.SINK, C.CONCEAL)),
        ("prompt_leak", (C.SYSTEM_PROMPT, C.REVEAL)),
        ("fake_approval", (C.READER, C.UNCHECKED)),
        ("fake_approval", (C.READER, C.APPROVED)),
        ("fake_approval", (C.APPROVED, C.UNCHECKED)),
        ("fake_approval", (C.UNCHECKED, C.CONCEAL)),
        ("fake_approval", (C.UNCHECKED, C.CONCEAL_THIS)),
        ("fake_approval", (C.UNCHECKED, C.SWEEPING)),
        ("fake_success", (C.FALSE_OK, C.SWEEPING)),
        ("fake_success", (C.FALSE_OK, C.UNCHECKED)),
        ("fake_success", (C.FALSE_OK, C.READER)),
        ("fake_success", (C.FALSE_OK, C.CONCEAL)),
        ("payment_redirect", (C.NEW_BANK, C.PAY)),
        ("self_copy", (C.PUT, C.EVERY_OUTPUT, C.ORDER)),
        ("self_copy", (C.PUT, C.EVERY_OUTPUT, C.SINK)),
        ("self_copy", (C.READER, C.PUT, C.EVERY_OUTPUT)),
    )
)
_INVISIBLE = re.compile("[\u200b\u2060\u180e]|(?<=[A-Za-z])[\u200c\u200d](?=[A-Za-z])|(?<!^)\ufeff")
_SMUGGLED = re.compile(
    "[\u202d\u202e]|(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0020-\U000e007e]{2,64}"
)


def find(text: str) -> Iterator[Mark]:
    """Marks of every sign in `text` that it wants to be obeyed rather than known."""
    view = fold(text)
    for reading in chain([view], disguises(view)):
        yield from matches(reading, SHAPES, KIND)
        yield from _meetings(reading)
    yield from _invisible(text)
    yield from _encoded(text)


def _meetings(view: View) -> Iterator[Mark]:
    previous: set[C] = set()
    start = 0
    for begin, end in sentences(view.text):
        here = _concepts(view.text, begin, end)
        for code in _codes(previous | here, here):
            first = start if previous else begin
            yield view.mark(first, end, code, KIND)
        previous, start = here, begin


def _concepts(text: str, start: int, end: int) -> set[C]:
    return {
        concept
        for concept, words in CONCEPTS.items()
        if any(word.search(text, start, end) for word in words)
    }


def _codes(window: set[C], here: set[C]) -> Iterator[str]:
    # A rule met by the previous sentence alone was reported there.
    for code, needed in RULES:
        if needed <= window and needed & here:
            yield code


def _invisible(text: str) -> Iterator[Mark]:
    hidden = list(_INVISIBLE.finditer(text))
    if len(hidden) >= 2:  # one comes along with ordinary copying from a web page
        yield Mark(KIND, "instruction.hidden", hidden[0].start(), hidden[-1].end())
    for hit in _SMUGGLED.finditer(text):
        yield Mark(KIND, "instruction.hidden", *hit.span())


def _encoded(text: str) -> Iterator[Mark]:
    for blob in BASE64.finditer(text):
        if hidden_text(blob[0]):
            yield Mark(KIND, "instruction.encoded", *blob.span())
    for reading in encoded_readings(text):
        if any(pattern.search(reading) for pattern in _ENCODED):
            yield Mark(KIND, "instruction.encoded", 0, len(text))
