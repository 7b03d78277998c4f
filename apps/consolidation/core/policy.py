"""What a space asks of its archivist: plain values, versioned as rows elsewhere."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

KINDS = (
    "fact", "preference", "procedure", "episode", "decision", "directive", "skill", "summary",
    "brief",
)  # fmt: skip
MODEL_OF_THE_HUB = "hub"
NO_MODEL = "none"
SUMMARIES = ("off", "propose", "apply")
BRIEFS = ("off", "extract", "model")

SUMMARY_PROMPT = """\
For every item write what its `sources` say about their common topic, much shorter than they are.
Give `claims`: short sentences, each with `cites`, the ids of the sources that state it. Claim
nothing that no source states; keep names, numbers, units, dates and negations exactly.
"""
SYNTHESIS_PROMPT = """\
The `sources` of every item were written by different people. Write what becomes visible only when
they are read together: what agrees, what depends on what, what one adds to the other. Give
`claims`: short sentences, each with `cites`, the ids of all sources that it rests on; at least one
claim must rest on two sources or more. Claim nothing that they do not state; keep names, numbers,
units, dates and negations exactly.
"""
BRIEF_PROMPT = """\
For every item write what somebody who joins must know first: what is being done, what was decided,
what to watch out for. Give `claims`: at most ten short sentences, the most important first, each
with `cites`, the ids of the sources that state it. Claim nothing that no source states; keep names,
numbers, units, dates and negations exactly.
"""
DISTIL_PROMPT = """\
The sources of an item are consecutive pieces of one conversation between a person, an assistant and
programs. Find what is worth a note for later sessions, and nothing else. Kinds:
- "decision": something that was settled.
- "fix": the cause of a problem, or what solved it.
- "command": a command line that was run and is worth running again, word for word.
- "preference": how a person wants things to be done from now on; never an assistant's.
Each is one plain sentence of at most 40 words in the language of the conversation that can be
understood without it. Use its words; keep every name, number, unit, date, version, condition and
negation exactly, and add nothing. `cites` names the ids of the pieces that state it, at most 4 that
stand together. Leave out plans, questions, greetings, guesses, secrets and what merely happened.
Most conversations hold few such things, many hold none: then give an empty list.
"""


@dataclass(frozen=True, slots=True)
class ArchivistPolicy:
    """What runs when, on what, and how far it may go.

    Attributes:
        enabled: whether anything runs by itself in the space.
        every_hours: time after which a run is due, whatever was written.
        after_writes: memories written since the last run from which the next one is due.
        duplicates: whether memories that certainly say the same become one.
        possible: whether memories that seem to say the same are proposed to be made one.
        lexical_weight, link_threshold, min_confidence: how alike those must be, as in promotion.
        judge: whether the language model is asked which of those state one fact. What it says is
            proposed, never carried out.
        summaries: `off`; `propose` them; or `apply`, which carries out those made of sentences of
            the sources, word for word, and proposes those that a model wrote.
        min_age_days: days without a change or a confirmation from which a memory is old.
        max_uses: uses in outcomes up to which a memory is little used.
        topic_threshold: cosine, in [0, 1], from which two memories are about one topic.
        min_topic, max_topic: memories that make a topic.
        compression: most of the sources' length that a summary may have, in (0, 1].
        protected_kinds: kinds that are never summarised.
        promotion: whether shared memories are proposed for the space above.
        min_people: independent people behind what is proposed for a wider space; at least 2.
        stable_days: days for which its words have not changed.
        min_confirming_people: people who confirmed it or succeeded with it, none of them its own.
        synthesis: whether a model is asked to connect what several people wrote about one topic.
            What it says is proposed, never published by itself.
        synthesis_people: people whose memories such a note must connect; at least 2.
        briefs: `off`; `extract`: what is going on in the space, in sentences of its newest
            memories; or `model`, which lets a model write it. Each claim is checked in both.
        brief_sources: newest memories that a brief is made of.
        brief_characters: most characters of a brief.
        model: `hub` for the hub's language model, `none` for no model, or the name of a model of
            the same service.
        summary_prompt, synthesis_prompt, brief_prompt: what the model is told to make of the
            sources; what keeps it to data and to the form of the answer is not part of it.
        tokens_per_run: most tokens a run may spend on language models, estimated before asking.
        model_calls_per_day: requests to the language model, by organisation and UTC day.
        distil_model: as `model`, for transcripts; `hub` is what the hub's settings name for them.
        distil_prompt: what that model is told to find in a stretch of a transcript.
        distil_support: share of a finding's words, in [0, 1], that the pieces it cites must say.
        distil_span: pieces from the first to the last that a finding may cite.
        distil_importance: of the memories that are made of transcripts, in [0, 1].
        distil_tokens_per_day: tokens of a UTC day from which transcripts of the space wait.
    """

    enabled: bool = True
    every_hours: int = 24
    after_writes: int = 500
    duplicates: bool = True
    possible: bool = True
    lexical_weight: float = 0.6
    link_threshold: float = 0.45
    min_confidence: float = 0.45
    judge: bool = True
    summaries: str = "apply"
    min_age_days: int = 180
    max_uses: int = 0
    topic_threshold: float = 0.5
    min_topic: int = 4
    max_topic: int = 40
    compression: float = 0.35
    protected_kinds: tuple[str, ...] = ("directive", "decision", "preference", "summary", "brief")
    promotion: bool = True
    min_people: int = 2
    stable_days: int = 14
    min_confirming_people: int = 2
    synthesis: bool = True
    synthesis_people: int = 2
    briefs: str = "extract"
    brief_sources: int = 40
    brief_characters: int = 1_200
    model: str = MODEL_OF_THE_HUB
    summary_prompt: str = SUMMARY_PROMPT
    synthesis_prompt: str = SYNTHESIS_PROMPT
    brief_prompt: str = BRIEF_PROMPT
    tokens_per_run: int = 50_000
    model_calls_per_day: int = 200
    distil_model: str = MODEL_OF_THE_HUB
    distil_prompt: str = DISTIL_PROMPT
    distil_support: float = 0.7
    distil_span: int = 6
    distil_importance: float = 0.3
    distil_tokens_per_day: int = 2_000_000

    def __post_init__(self) -> None:
        for field in fields(self):
            _check(field.name, getattr(self, field.name))
        if self.min_topic > self.max_topic:
            raise ValueError("min_topic must not be above max_topic")

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """The policy with these values; what is absent has its default.

        Raises:
            ValueError: an unknown name, or a value of the wrong type or range; names the field.
        """
        known = {field.name: field.default for field in fields(cls)}
        plain: dict[str, Any] = {}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"{name} is not a policy value")
            plain[name] = _typed(name, value, type(known[name]))
        return cls(**plain)

    @classmethod
    def stored(cls, values: Mapping[str, Any]) -> Self:
        """A policy as an earlier release stored it: values that are gone since are left out.

        Raises:
            ValueError: a value of the wrong type or range; names the field.
        """
        known = {field.name for field in fields(cls)}
        return cls.of({name: value for name, value in values.items() if name in known})

    def within(self, above: Self) -> Self:
        """The policy with no limit of spending above that of another."""
        least: dict[str, Any] = {
            name: min(getattr(self, name), getattr(above, name)) for name in _SPENDING
        }
        return replace(self, **least)

    def values(self) -> dict[str, Any]:
        """Plain values, as they are stored with every version."""
        return {**asdict(self), "protected_kinds": list(self.protected_kinds)}


_NAMES = {
    float: "a number", int: "a whole number", bool: "true or false", str: "a text",
    tuple: "a list of kinds",
}  # fmt: skip
_SHARES = {
    "lexical_weight", "link_threshold", "min_confidence", "topic_threshold", "compression",
    "distil_support", "distil_importance",
}  # fmt: skip
_LEAST = {
    "max_uses": 0, "min_people": 2, "min_confirming_people": 1, "min_topic": 2, "max_topic": 2,
    "tokens_per_run": 0, "model_calls_per_day": 0, "min_age_days": 0, "stable_days": 0,
    "synthesis_people": 2, "brief_sources": 1, "brief_characters": 100, "distil_tokens_per_day": 0,
}  # fmt: skip
_MOST = {
    "every_hours": 24 * 31, "after_writes": 1_000_000, "max_uses": 1_000_000, "min_topic": 100,
    "max_topic": 100, "min_people": 1000, "tokens_per_run": 10_000_000,
    "model_calls_per_day": 1_000_000, "synthesis_people": 1000, "brief_sources": 100,
    "brief_characters": 10_000, "distil_span": 20, "distil_tokens_per_day": 1_000_000_000,
}  # fmt: skip
PROMPTS = ("summary_prompt", "synthesis_prompt", "brief_prompt", "distil_prompt")
MODELS = ("model", "distil_model")
_LONGEST = {**dict.fromkeys(PROMPTS, 4_000), **dict.fromkeys(MODELS, 120)}
_SPENDING = ("tokens_per_run", "model_calls_per_day", "distil_tokens_per_day")
_CHOICES = {"summaries": SUMMARIES, "briefs": BRIEFS}


def _typed(name: str, value: Any, expected: type) -> Any:
    if expected is tuple:
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise ValueError(f"{name} must be {_NAMES[expected]}")
        return tuple(value)
    number = expected in {int, float} and type(value) in {int, float}
    whole = expected is float or (number and float(value).is_integer())
    if type(value) is not expected and not (number and whole):
        raise ValueError(f"{name} must be {_NAMES[expected]}")
    return expected(value) if number else value


def _check(name: str, value: Any) -> None:
    if isinstance(value, bool):
        return
    if isinstance(value, str):
        _check_text(name, value)
    elif isinstance(value, tuple):
        unknown = sorted(set(value) - set(KINDS))
        if unknown:
            raise ValueError(f"{name} names no kind of memory: {unknown[0]}")
    elif name in _SHARES:
        if not 0 <= value <= 1 or (name == "compression" and value == 0):
            raise ValueError(f"{name} must lie between 0 and 1")
    elif not _LEAST.get(name, 1) <= value <= _MOST.get(name, 3650):
        least, most = _LEAST.get(name, 1), _MOST.get(name, 3650)
        raise ValueError(f"{name} must lie between {least} and {most}")


def _check_text(name: str, value: str) -> None:
    if name in _CHOICES:
        if value not in _CHOICES[name]:
            raise ValueError(f"{name} must be one of: {', '.join(_CHOICES[name])}")
        return
    if not value.strip() or len(value) > _LONGEST[name]:
        raise ValueError(f"{name} must have 1 to {_LONGEST[name]} characters")
    if "\0" in value:
        raise ValueError(f"{name} must not hold NUL characters")
    if name in MODELS and value not in {MODEL_OF_THE_HUB, NO_MODEL} and "/" not in value:
        raise ValueError(f"{name} must be hub, none, or provider/name as LiteLLM writes it")


DEFAULT = ArchivistPolicy()
