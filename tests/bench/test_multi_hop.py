"""The factory of the multi-hop benchmark asks what it says it asks."""

import random

from bench import multi_hop


def test_answers_lie_as_far_from_the_machine_as_their_kind_says():
    said, asked = multi_hop.factory(6, random.Random(1))
    assert (said, asked) == multi_hop.factory(6, random.Random(1))
    texts = {one.text: one for one in said}
    assert len(texts) == len(said)
    beside: dict[str, set[str]] = {}
    for one in said:
        for near, far in ((one.subject, one.object), (one.object, one.subject)):
            beside.setdefault(near, set()).add(far)
    assert {one.kind for one in asked} == set(multi_hop.KINDS)
    for question in asked:
        answer = texts[question.answer]
        machine = next(name for name in beside if name and name in question.query)
        ends = {answer.subject, answer.object}
        assert (machine in ends) is (question.kind == "itself")
        assert bool(beside[machine] & ends) is (question.kind != "two hops")
        if question.kind == "two hops":
            assert any(answer.subject in beside[part] for part in beside[machine] if part)
