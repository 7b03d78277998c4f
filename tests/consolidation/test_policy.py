import pytest

from apps.consolidation.core.policy import DEFAULT, ArchivistPolicy


def test_what_is_stored_is_read_back():
    policy = ArchivistPolicy.of({"every_hours": 12, "protected_kinds": ["fact"], "judge": False})
    assert ArchivistPolicy.of(policy.values()) == policy
    assert ArchivistPolicy.of({}) == DEFAULT
    assert ArchivistPolicy.stored({**policy.values(), "gone": 1}) == policy


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"unknown": 1}, "unknown is not a policy value"),
        ({"every_hours": "12"}, "every_hours must be a whole number"),
        ({"every_hours": 0}, "every_hours must lie between 1 and 744"),
        ({"after_writes": 1.5}, "after_writes must be a whole number"),
        ({"compression": 0}, "compression must lie between 0 and 1"),
        ({"min_confidence": 1.1}, "min_confidence must lie between 0 and 1"),
        ({"min_people": 1}, "min_people must lie between 2 and 1000"),
        ({"summaries": "always"}, "summaries must be one of: off, propose, apply"),
        ({"protected_kinds": "fact"}, "protected_kinds must be a list of kinds"),
        ({"protected_kinds": ["poem"]}, "protected_kinds names no kind of memory: poem"),
        ({"summary_prompt": " "}, "summary_prompt must have 1 to 4000 characters"),
        ({"summary_prompt": "x" * 4001}, "summary_prompt must have 1 to 4000 characters"),
        ({"model": "gpt"}, "model must be hub, none, or provider/name"),
        ({"distil_model": "gpt"}, "distil_model must be hub, none, or provider/name"),
        ({"distil_prompt": ""}, "distil_prompt must have 1 to 4000 characters"),
        ({"distil_span": 21}, "distil_span must lie between 1 and 20"),
        ({"distil_support": 1.5}, "distil_support must lie between 0 and 1"),
        ({"distil_tokens_per_day": -1}, "distil_tokens_per_day must lie between 0 and"),
        ({"min_topic": 50}, "min_topic must not be above max_topic"),
        ({"judge": 1}, "judge must be true or false"),
    ],
)
def test_what_is_refused_names_field_and_limit(values, said):
    with pytest.raises(ValueError, match=said):
        ArchivistPolicy.of(values)
