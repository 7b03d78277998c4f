"""The demo organisation is whole, and its README tells the truth about it."""

import json
import re
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

DEMO = Path(__file__).resolve().parents[2] / "demo"
FOLDER = DEMO / "organisation"
FIRST = datetime(2026, 1, 5, tzinfo=UTC)
ANCHOR = datetime(2026, 1, 30, tzinfo=UTC)
KINDS = {"fact", "preference", "procedure", "episode", "decision"}
OUTCOME_KINDS = {
    True: {"deal_won", "ticket_resolved", "tests_passed", "pr_merged"},
    False: {"deal_lost", "ticket_reopened", "tests_failed", "pr_rejected"},
}
COLUMNS = {
    "people": {"id", "name", "email", "team", "role"},
    "teams": {"id", "name", "members"},
    "agents": {"id", "owner", "name"},
    "memories": {
        "id", "author", "agent", "session", "occurred_at", "kind", "text", "tags", "metadata",
    },
    "outcomes": {"id", "task", "occurred_at", "actor", "success", "kind", "memory_ids"},
}  # fmt: skip
REPEATED = (
    "gasket-e3", "fenwold-invoice", "kumonoki-gate", "nimbo-citric", "sidama-et118",
    "mirasol-samples", "g8-burrs", "tessier-solene", "ferrant-cutoff", "clearline-flush",
    "e204-float",
)  # fmt: skip
PROVED = ("proved-strainer", "proved-loan", "proved-prealert")
POISON = ("poison-invoices", "poison-filter", "poison-credit")

Row = dict[str, Any]


def rows(name: str) -> list[Row]:
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def at(row: Row) -> datetime:
    return datetime.strptime(row["occurred_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


PEOPLE = {row["id"]: row for row in rows("people")}
AGENTS = {row["id"]: row for row in rows("agents")}
MEMORIES = {row["id"]: row for row in rows("memories")}
OUTCOMES = rows("outcomes")
README = (DEMO / "README.md").read_text(encoding="utf-8")


def readme_groups() -> dict[str, list[Row]]:
    found = re.findall(r"^\| `([a-z0-9-]+)` \|.*\| ((?:m\d{3} ?)+) \|$", README, re.MULTILINE)
    return {name: [MEMORIES[key] for key in ids.split()] for name, ids in found}


GROUPS = readme_groups()


def people_of(group: str) -> set[str]:
    return {row["author"] for row in GROUPS[group]}


def texts_of(group: str) -> list[str]:
    return [row["text"] for row in GROUPS[group]]


def outcomes_of(group: str) -> list[Row]:
    used = {row["id"] for row in GROUPS[group]}
    return [row for row in OUTCOMES if used & set(row["memory_ids"])]


def words(text: str) -> set[str]:
    return set(re.findall(r"\w{3,}", text.lower()))


@pytest.mark.parametrize("name", COLUMNS)
def test_every_row_has_exactly_the_promised_columns(name):
    assert [row["id"] for row in rows(name) if set(row) != COLUMNS[name]] == []


@pytest.mark.parametrize("name", COLUMNS)
def test_ids_are_unique(name):
    assert [key for key, n in Counter(row["id"] for row in rows(name)).items() if n > 1] == []


@pytest.mark.parametrize(
    ("name", "pattern"), [("people", "p{:02d}"), ("agents", "a{:02d}"),
                          ("memories", "m{:03d}"), ("outcomes", "o{:03d}")],
)  # fmt: skip
def test_ids_count_up_without_gaps(name, pattern):
    ids = [row["id"] for row in rows(name)]
    assert ids == [pattern.format(number) for number in range(1, len(ids) + 1)]


def test_teams_and_people_agree_on_who_belongs_where():
    members = {team["id"]: team["members"] for team in rows("teams")}
    assert len(members) == 4
    assert len(PEOPLE) == 12
    by_person = {person: team for team, people in members.items() for person in people}
    assert by_person == {key: person["team"] for key, person in PEOPLE.items()}
    assert sum(map(len, members.values())) == len(PEOPLE)


def test_everybody_has_one_or_two_agents():
    owners = Counter(agent["owner"] for agent in AGENTS.values())
    assert set(owners) == set(PEOPLE)
    assert set(owners.values()) == {1, 2}


def test_addresses_of_people_use_the_reserved_domain():
    addresses = [person["email"] for person in PEOPLE.values()]
    assert all(re.fullmatch(r"[a-z.-]+@larkmoor\.example", address) for address in addresses)
    assert len(set(addresses)) == len(PEOPLE)


def test_agents_write_for_their_owner_only():
    written = [row for row in MEMORIES.values() if row["agent"] is not None]
    assert len(written) > 100
    assert {row["id"] for row in written if AGENTS[row["agent"]]["owner"] != row["author"]} == set()
    assert {row["author"] for row in MEMORIES.values()} == set(PEOPLE)


def test_outcomes_point_at_people_and_at_notes_that_existed_by_then():
    for row in OUTCOMES:
        assert row["actor"] in PEOPLE
        assert all(at(MEMORIES[key]) < at(row) for key in row["memory_ids"]), row["id"]
        assert len(set(row["memory_ids"])) == len(row["memory_ids"])


@pytest.mark.parametrize("name", ["memories", "outcomes"])
def test_times_rise_and_stay_within_the_25_days_before_the_anchor(name):
    times = [at(row) for row in rows(name)]
    assert all(earlier <= later for earlier, later in pairwise(times))
    assert times[0] >= FIRST
    assert times[-1] < ANCHOR


def test_notes_are_spread_over_the_whole_period():
    days = {at(row).date() for row in MEMORIES.values()}
    assert (max(days) - min(days)).days == 24
    assert len(days) >= 18


def test_counts_are_in_the_promised_range_and_stated_in_the_readme():
    assert 120 <= len(MEMORIES) <= 165
    assert f"{len(AGENTS)} agents wrote {len(MEMORIES)} notes" in README
    assert f"{len(OUTCOMES)} outcomes" in README


def test_every_note_stays_below_the_limits_of_the_hub():
    for row in MEMORIES.values():
        assert 0 < len(row["text"].encode()) <= 32 * 1024
        assert len(row["tags"]) <= 50
        assert len(json.dumps(row["metadata"], ensure_ascii=False).encode()) <= 16 * 1024
        assert set(row["metadata"]) <= {"customer", "product", "supplier", "source"}
        assert row["kind"] in KINDS


def test_outcome_kinds_fit_their_success():
    misfits = [row["id"] for row in OUTCOMES if row["kind"] not in OUTCOME_KINDS[row["success"]]]
    assert misfits == []


def test_notes_come_in_several_scripts_and_are_mostly_latin():
    text = {key: row["text"] for key, row in MEMORIES.items()}
    hangul = [key for key, value in text.items() if re.search("[가-힣]", value)]
    kana = [key for key, value in text.items() if re.search("[ぁ-ヿ]", value)]
    han = [key for key, value in text.items() if re.search("[一-鿿]", value)]
    assert len(hangul) >= 3
    assert len(kana) >= 3
    assert len(set(han) - set(kana)) >= 3
    assert len({*hangul, *kana, *han}) < len(text) / 5


def test_readme_lists_every_note_exactly_once():
    listed = re.findall(r"\bm\d{3}\b", README)
    assert Counter(listed) == Counter(list(MEMORIES))


@pytest.mark.parametrize("group", REPEATED)
def test_repeated_facts_come_from_several_people_in_their_own_words(group):
    assert 3 <= len(people_of(group)) <= 5
    assert len(people_of(group)) == len(GROUPS[group])
    assert len({PEOPLE[person]["team"] for person in people_of(group)}) >= 2
    assert len(set(texts_of(group))) == len(GROUPS[group])


@pytest.mark.parametrize("group", sorted(set(REPEATED) - {"clearline-flush"}))
def test_repeated_facts_share_content_words_between_at_least_three_people(group):
    counts = Counter(word for text in texts_of(group) for word in words(text))
    assert len([word for word, n in counts.items() if n >= 3 and len(word) > 3]) >= 2


@pytest.mark.parametrize("group", PROVED)
def test_proved_facts_have_strong_outcomes_reported_by_others_of_two_teams(group):
    first = GROUPS[group][0]["id"]
    used = [row for row in OUTCOMES if first in row["memory_ids"]]
    others = {row["actor"] for row in used} - people_of(group)
    assert len(people_of(group)) <= 2
    assert len(used) >= 14
    assert sum(row["success"] for row in used) / len(used) >= 0.95
    assert len(others) >= 4
    assert len({PEOPLE[person]["team"] for person in others}) >= 2


@pytest.mark.parametrize("group", [*PROVED, "failing-pressure", "lucky-sunday",
                                   "average-history", "poison-credit"])  # fmt: skip
def test_readme_states_the_outcomes_as_they_are(group):
    used = outcomes_of(group)
    line = next(line for line in README.splitlines() if line.startswith(f"| `{group}`"))
    assert f"{sum(row['success'] for row in used)} of {len(used)} outcomes good" in line


def test_weak_evidence_is_weak():
    failing, average = outcomes_of("failing-pressure"), outcomes_of("average-history")
    assert sum(row["success"] for row in failing) / len(failing) < 0.35
    assert 0.4 < sum(row["success"] for row in average) / len(average) < 0.7
    assert [row["success"] for row in outcomes_of("lucky-sunday")] == [True]


def test_rumour_is_relayed_word_for_word_by_four_people():
    assert len(people_of("rumour-mirasol")) == 4
    assert len(set(texts_of("rumour-mirasol"))) == 1


def test_one_person_repeats_one_opinion_twenty_times():
    group = GROUPS["opinion-r60"]
    assert len(set(texts_of("opinion-r60"))) == 20
    assert people_of("opinion-r60") == {"p01"}
    assert {row["agent"] for row in group} == {None, "a01", "a02"}
    assert {row["actor"] for row in outcomes_of("opinion-r60")} == {"p01"}


def test_preferences_and_private_notes_are_marked_as_such():
    preferences = [row for row in MEMORIES.values() if row["kind"] == "preference"]
    private = [row for row in MEMORIES.values() if "private" in row["tags"]]
    assert preferences == GROUPS["preference"]
    assert private == GROUPS["private"]
    assert len(people_of("preference")) >= 5
    assert len(people_of("private")) >= 3


def test_personal_data_uses_reserved_numbers_and_addresses_only():
    texts = " ".join(row["text"] for row in MEMORIES.values())
    domains = set(re.findall(r"@([\w.-]+\w)", texts))
    numbers = re.findall(r"\+?\d[\d ]{9,}\d", " ".join(texts_of("personal-data")))
    assert len(numbers) == 2
    assert all(re.match(r"\+44 7700 900\d{3}|01632 960\d{3}", number) for number in numbers)
    assert domains
    assert all(name.endswith(".example") or name == "example.org" for name in domains)


@pytest.mark.parametrize("text", texts_of("secret"))
def test_secrets_say_that_they_are_fake(text):
    assert re.search(r"not[- ]?(a[- ])?real|pin 0000", text, re.IGNORECASE)


def test_planted_instructions_come_through_agents_and_one_praises_itself():
    planted = [row for group in POISON for row in GROUPS[group]]
    assert len(planted) == 3
    assert all(row["agent"] for row in planted)
    praise = outcomes_of("poison-credit")
    assert {row["actor"] for row in praise} == people_of("poison-credit")
    assert all(row["success"] for row in praise)
    assert len(praise) >= 5


@pytest.mark.parametrize(
    ("one", "other"), [("near-gasket-e2", "gasket-e3"), ("near-g5-burrs", "g8-burrs"),
                       ("near-terms-moro", "near-terms-sorano"), ("near-fw-24", "near-fw-26"),
                       ("near-lot-207", "near-lot-270"), ("near-sorano-gate", "kumonoki-gate")],
)  # fmt: skip
def test_near_misses_share_most_words_but_not_the_numbers(one, other):
    left, right = texts_of(one)[0], texts_of(other)[0]
    shared = words(left) & words(right)
    assert len(shared) / min(len(words(left)), len(words(right))) >= 0.4
    figure = r"(?<![\w-])\d[\d.:]*"  # not the digits of a model or lot code
    assert set(re.findall(figure, left)).isdisjoint(re.findall(figure, right))


def test_two_pairs_of_people_contradict_each_other():
    assert len(people_of("drain-yes")) == 2
    assert len(people_of("drain-no")) == 2
    assert people_of("drain-yes").isdisjoint(people_of("drain-no"))


def test_the_newer_price_comes_after_the_older_one():
    old, new = GROUPS["training-old"], GROUPS["training-new"]
    assert max(map(at, old)) < min(map(at, new))
    assert all("280 EUR" in text for text in texts_of("training-old"))
    assert all("340 EUR" in text for text in texts_of("training-new"))


def test_questions_are_asked_by_people_whose_team_did_not_write_the_answer():
    questions = json.loads((FOLDER / "queries.json").read_text(encoding="utf-8"))
    answered = re.findall(r"^\| (p\d\d) \| `([a-z0-9-]+)` \|$", README, re.MULTILINE)
    assert [row["asker"] for row in questions] == [asker for asker, _ in answered]
    assert len(questions) == 3
    assert all(set(row) == {"asker", "text", "expect"} for row in questions)
    for asker, group in answered:
        assert PEOPLE[asker]["team"] not in {PEOPLE[person]["team"] for person in people_of(group)}


def test_each_team_has_a_reviewer():
    reviewers = json.loads((FOLDER / "reviewers.json").read_text(encoding="utf-8"))
    assert len(set(reviewers)) == len(reviewers)
    assert {PEOPLE[person]["team"] for person in reviewers} == {
        person["team"] for person in PEOPLE.values()
    }


def test_readme_gives_the_licence_and_the_anchor():
    assert "CC0 1.0" in README
    assert "Apache-2.0" in README
    assert ANCHOR.strftime("%Y-%m-%dT%H:%M:%SZ") in README
