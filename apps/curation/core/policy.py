"""What a space asks of a fact before it is shared: plain values, versioned as rows elsewhere."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

ENGINE_VERSION = "2"

RULES = ("guarded", "seed")


@dataclass(frozen=True, slots=True)
class PromotionPolicy:
    """Thresholds and gates.

    Attributes:
        rule: `guarded` weighs evidence and applies the gates; `seed` is the published rule, any
            raw signal above its threshold promotes, for comparison.
        frequency_threshold, outcome_threshold, self_eval_threshold: a signal above its threshold
            is decisive; in [0, 1].
        hysteresis: how far past its threshold a signal must move before a verdict that was made
            under the same policy changes; in [0, 1]. 0 switches it off.
        min_independent_people: witnesses below which nothing is published without review.
        burst_days: people who said it within so few days of each other may have read one message:
            however many, their number alone publishes nothing.
        min_outcomes, min_reporters: outcomes and different reporters below which the outcome
            signal is no evidence.
        promising_threshold: lower bound of the success share above which a fact, not proven yet,
            is worth a reviewer's time; in [0, 1].
        failing_share, min_failing_outcomes: success share below which, and number of outcomes from
            which, a fact counts as mostly failing.
        window_days: how far back memories are gathered, by when the hub learned them.
        lexical_weight, link_threshold, min_confidence: how alike members of a group must be.
        harmful_people: people, not its owner, who call a shared memory harmful before a reviewer is
            asked.
        judge: whether the language model, if there is one, judges what is the same fact.
        claims: whether notes in languages that the embedding model does not speak are rewritten as
            English claims by the language model, to find what they may be the same as.
        self_eval_calls: how often the language model scores a text; the median counts. 0: never.
        self_eval_floor: score, as a share of the model's own scale, below which its rank does not
            count; in [0, 1].
        known_cosine, known_days: a fact that is at least so near, in [0, 1], to one published or
            confirmed within so many days repeats it, where no rule keeps them apart and no judge
            says otherwise.
        model_calls_per_day: requests to the language model an organisation may make, by UTC day.
        model_minutes: time one run may spend on asking the language model.
        decay: whether memories that faded are archived.
        decay_floor: strength below which that happens; in [0, 1].
        decay_read_slowing: what readers add to a half-life at most, as a share of it; in [0, 1].
        decay_read_days: days that reading counts.
        half_life_*: days, by kind, after which half of a memory's strength is left unless somebody
            confirms it; decisions and directives do not fade.
        approvals: different reviewers who must approve a request before it is published.
        review_first: nothing is published without review.
        kill_switch: nothing is published or proposed.
    """

    rule: str = "guarded"
    frequency_threshold: float = 0.85
    outcome_threshold: float = 0.70
    self_eval_threshold: float = 0.80
    hysteresis: float = 0.03
    min_independent_people: int = 2
    burst_days: int = 7
    min_outcomes: int = 5
    min_reporters: int = 3
    promising_threshold: float = 0.5
    failing_share: float = 0.5
    min_failing_outcomes: int = 5
    window_days: int = 365
    lexical_weight: float = 0.6
    link_threshold: float = 0.35
    min_confidence: float = 0.35
    harmful_people: int = 2
    judge: bool = True
    claims: bool = True
    self_eval_calls: int = 3
    self_eval_floor: float = 0.5
    known_cosine: float = 0.86
    known_days: int = 30
    model_calls_per_day: int = 1000
    model_minutes: int = 60
    decay: bool = True
    decay_floor: float = 0.1
    decay_read_slowing: float = 0.5
    decay_read_days: int = 90
    half_life_fact: int = 180
    half_life_preference: int = 365
    half_life_procedure: int = 365
    half_life_episode: int = 60
    half_life_skill: int = 365
    half_life_summary: int = 180
    half_life_brief: int = 30
    approvals: int = 1
    review_first: bool = False
    kill_switch: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            _check(field.name, getattr(self, field.name))

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """The policy with these values; what is absent has its default.

        Raises:
            ValueError: an unknown name, or a value of the wrong type or range; names the field.
        """
        known = {field.name: field for field in fields(cls)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"{name} is not a policy value")
            expected = type(known[name].default)
            number = expected in {int, float} and type(value) in {int, float}
            if type(value) is not expected and not (
                number and (expected is float or value.is_integer())
            ):
                raise ValueError(f"{name} must be {_NAMES[expected]}")
        return cls(**values)

    @classmethod
    def stored(cls, values: Mapping[str, Any]) -> Self:
        """A policy as an earlier engine stored it: values that are gone since are left out.

        Raises:
            ValueError: a value of the wrong type or range; names the field.
        """
        known = {field.name for field in fields(cls)}
        return cls.of({name: value for name, value in values.items() if name in known})

    def changed(self, values: Mapping[str, Any]) -> Self:
        """This policy with `values` instead of its own.

        Raises:
            ValueError: as for `of`.
        """
        return type(self).of({**self.values(), **values})

    def values(self) -> dict[str, Any]:
        """Plain values, as they are stored with every version."""
        return asdict(self)


_NAMES = {float: "a number", int: "a whole number", bool: "true or false", str: "a word"}
_SHARES = {
    "frequency_threshold", "outcome_threshold", "self_eval_threshold", "promising_threshold",
    "failing_share", "hysteresis", "known_cosine", "lexical_weight", "link_threshold",
    "min_confidence", "self_eval_floor", "decay_floor", "decay_read_slowing",
}  # fmt: skip

_LEAST = {"self_eval_calls": 0}
_MOST = {
    "model_calls_per_day": 1_000_000,
    "model_minutes": 1440,
    "self_eval_calls": 9,
    "approvals": 5,
}


def whole_range(name: str) -> tuple[int, int]:
    """Least and most that a whole number of a policy may be."""
    return _LEAST.get(name, 1), _MOST.get(name, 3650)


def _check(name: str, value: Any) -> None:
    if isinstance(value, bool):
        return
    if name == "rule":
        if value not in RULES:
            raise ValueError(f"rule must be one of: {', '.join(RULES)}")
        return
    if name in _SHARES and not 0 <= value <= 1:
        raise ValueError(f"{name} must lie between 0 and 1")
    least, most = _LEAST.get(name, 1), _MOST.get(name, 3650)
    if name not in _SHARES and not least <= value <= most:
        raise ValueError(f"{name} must lie between {least} and {most}")


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that two policies do not share; None where one of them lacks it."""

    name: str
    before: Any
    after: Any


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What changes from the values `before` to the values `after`, in the order of the policy."""
    names = [field.name for field in fields(PromotionPolicy)]
    names += sorted((before.keys() | after.keys()) - set(names))
    pairs = ((name, before.get(name), after.get(name)) for name in names)
    return [Difference(*pair) for pair in pairs if pair[1] != pair[2]]


DEFAULT = PromotionPolicy()

# `seed` is `sigmoid((freq - mean) / std) > 0.85 or outcome > 0.70 or self_eval > 0.80`
PRESETS: Mapping[str, PromotionPolicy] = {
    "default": DEFAULT,
    "seed": PromotionPolicy(
        rule="seed",
        frequency_threshold=0.85,
        outcome_threshold=0.70,
        self_eval_threshold=0.80,
        hysteresis=0.0,
    ),
}


def preset(name: str, values: Mapping[str, Any] | None = None) -> PromotionPolicy:
    """The preset of that name, with `values` instead of its own where they are given.

    Raises:
        ValueError: there is no such preset, or a value is unknown, ill-typed or out of range.
    """
    if name not in PRESETS:
        raise ValueError(f"preset must be one of: {', '.join(PRESETS)}")
    return PRESETS[name].changed(values or {})
