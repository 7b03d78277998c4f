"""The order in which notes come, or are given, changes nothing about the groups."""

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.curation.core.consensus import Sameness
from apps.curation.core.grouping import Grouping
from apps.curation.core.groups import GroupingSettings
from apps.curation.core.notes import Edge
from apps.curation.models import Cluster
from tests.curation.conftest import OTHERS, SEAL, found
from tests.curation.test_grouping import note

WORDINGS = (
    "Rinse the dye vat before an indigo run",
    "Before an indigo run the dye vat is rinsed",
    "rinse the dye vat, before an indigo run",
    "Do not rinse the dye vat before an indigo run",
    "Rinse the dye vat for 3 minutes before an indigo run",
    "Rinse the dye vat for 9 minutes before an indigo run",
    "The loading ramp is closed on Thursdays",
)
VERDICTS = st.sampled_from(["same", "contains", "different", "contradicts"])


@st.composite
def organisations(draw):
    """Notes, the pairs a search proposed, and a judge who answers at random but stays by it."""
    said = draw(st.lists(st.sampled_from(WORDINGS), min_size=2, max_size=8))
    notes = [note(number + 1, number % 4, text) for number, text in enumerate(said)]
    ids = [one.id for one in notes]
    pairs = st.tuples(st.sampled_from(ids), st.sampled_from(ids))
    edges = [
        Edge(a, b, cosine, 0.0)
        for (a, b), cosine in draw(st.dictionaries(pairs, st.floats(0, 1), max_size=20)).items()
        if a != b
    ]
    answers = draw(st.lists(VERDICTS, min_size=7, max_size=7))
    return notes, edges, answers


def judged(notes, edges, answers):
    """The groups after as many rounds as there are questions, by what each pair of texts gets."""
    grouping = Grouping(notes, edges, GroupingSettings())
    texts = {one.id: one.text for one in notes}
    verdicts: dict[tuple[int, int], Sameness] = {}
    asked: set[tuple[int, int]] = set()
    while pairs := grouping.questions(verdicts, asked):
        asked.update(pairs)
        for a, b in pairs:
            place = WORDINGS.index(texts[a]) * 3 + WORDINGS.index(texts[b])
            verdicts[a, b] = answers[place % len(answers)]
    return grouping.groups(verdicts, asked)


@settings(deadline=None)
@given(organisations(), st.randoms())
def test_a_judge_at_random_makes_the_same_groups_of_notes_in_any_order(organisation, chance):
    notes, edges, answers = organisation
    before = judged(notes, edges, answers)
    chance.shuffle(notes)
    chance.shuffle(edges)
    turned = [Edge(e.b, e.a, e.cosine, e.lexical) if chance.random() < 0.5 else e for e in edges]
    assert judged(notes, turned, answers) == before
    assert sorted(m.note for group in before for m in group.members) == sorted(
        one.id for one in notes
    )


def test_what_is_written_in_another_order_is_clustered_alike(db, settings):
    settings.EMBEDDING_MODEL = "local:all-MiniLM-L6-v2"
    said = [*enumerate(OTHERS), *zip((1, 2, 5), SEAL, strict=True), (6, "Ask Priya for the key.")]
    clusters = []
    for name, order in (("Harrow", said), ("Ingram", said[::-1]), ("Jarrow", said[4:] + said[:4])):
        company = found(name)
        for person, text in order:
            company.say(person, text)
        company.run()
        clusters.append(
            {
                frozenset((m.memory.owner.name, m.memory.text) for m in cluster.members.all())
                for cluster in Cluster.objects.filter(organisation=company.organisation)
            }
        )
    assert clusters[0] == clusters[1] == clusters[2]
    assert max(map(len, clusters[0])) == 3
