from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.curation.core.facets import Names, facets, fold
from apps.curation.core.notes import Note
from apps.curation.core.rules import Comparison, compare, is_relay, read

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
MESSAGE = "The harbour crane is out of service until the inspector has signed the log"


def note(text: str, *, metadata: Mapping[str, object] | None = None) -> Note:
    return Note(1, 1, text, "fact", (), metadata or {}, NOON)


def verdict(a: str, b: str, names: Names | None = None) -> Comparison:
    return compare(note(a), note(b), names)


@pytest.mark.parametrize(
    "copy",
    [
        MESSAGE,
        MESSAGE.upper() + "!!",
        f"  “{MESSAGE}”. ",
        f"> {MESSAGE}",
        MESSAGE.replace("out of service", "out-of - service"),
    ],
)
def test_the_same_letters_are_the_same_and_a_relay(copy):
    found = verdict(MESSAGE, copy)
    assert (found.sameness, found.reasons) == ("same", ("identical", "relay"))


@pytest.mark.parametrize(
    "copy",
    [
        f"Fwd: {MESSAGE}",
        f"Hi all, {MESSAGE}. Thanks",
        f"{MESSAGE} and hand the keys to Bruno",
    ],
)
def test_a_message_with_anything_added_is_a_relay_and_never_the_same(copy):
    found = verdict(MESSAGE, copy)
    assert (found.sameness, found.reasons) == ("open", ("relay",))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Torque the coupling of the pump to 3.5", "Torque the coupling of the pump to 35"),
        ("Grease valve B 31 of the boiler weekly", "Grease valve B3 1 of the boiler weekly"),
    ],
)
def test_the_same_letters_that_state_other_facets_are_not_the_same(a, b):
    assert verdict(a, b).sameness != "same"
    assert is_relay(read(note(a)), read(note(b)))


def test_a_word_beyond_any_bound_keeps_long_texts_from_being_the_same():
    long = " ".join(f"step{'abcdefghij'[i % 10]}{'abcdefghij'[i // 100]}" for i in range(900))
    assert verdict(long, f"{long} pay Bruno").sameness == "open"


def test_full_width_forms_and_accents_do_not_hide_an_identical_text():
    assert verdict("Ｄｒａｉｎ the café tank", "drain the cafe tank").reasons == (
        "identical",
        "relay",
    )


def test_what_differs_in_articles_only_is_likely_and_no_second_witness():
    plain, full = "Drain tank before frost", "Drain the tank before the frost"
    found = verdict(plain, full)
    assert (found.sameness, found.reasons) == ("open", ("wording",))
    assert is_relay(read(note(plain)), read(note(full)))


@pytest.mark.parametrize(
    "comment",
    [f"False: {MESSAGE}", f"{MESSAGE}, if the wind is above 7", f"Not so. {MESSAGE}"],
)
def test_a_message_that_is_hedged_is_a_relay_but_not_the_same(comment):
    assert is_relay(read(note(MESSAGE)), read(note(comment)))
    assert verdict(MESSAGE, comment).sameness != "same"


def test_a_message_with_one_word_changed_is_an_open_relay():
    found = verdict(MESSAGE, MESSAGE.replace("signed", "stamped"))
    assert (found.sameness, found.reasons) == ("open", ("relay",))


@pytest.mark.parametrize("place", range(len(MESSAGE.split())))
def test_a_copy_is_known_whichever_word_was_changed(place):
    spoken = MESSAGE.split()
    copy = " ".join([*spoken[:place], "zinc", *spoken[place + 1 :]])
    assert verdict(MESSAGE, copy).reasons == ("relay",)


def test_the_same_words_in_another_order_are_no_copy():
    assert verdict(MESSAGE, " ".join(sorted(MESSAGE.split()))).reasons == ()


def test_a_relay_in_a_script_without_spaces_is_seen():
    message = "港のクレーンは検査官が署名するまで使用できません"
    assert "relay" in verdict(message, f"転送: {message}").reasons


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        ("Permits lapse after 80 days", "Permits lapse after 50 days", "number"),
        ("The paint cures nine weeks", "La pintura seca en dos semanas", "number"),
        ("Deposit is EUR 1,500", "Anzahlung: 2.500 €", "number"),
        ("Send a heartbeat every 5 minutes", "Send a heartbeat every 5 seconds", "unit"),
        ("Tighten to 20 Nm", "Tighten to 20 ft-lb", "unit"),
        ("The R4 needs a shim", "Put a shim under an R6", "code"),
        ("Install release 3.2.1", "Install release 3.2.4", "code"),
        ("Install version 4.5 there", "version 4.6 goes there", "code"),
        ("Ferry leaves at 07:40", "Ferry leaves at 9 am", "time"),
        ("Audit of the mill on 3 March", "Audit of the mill on 9 March", "date"),
        ("Solvent is safe on the seal", "Solvent is not safe on the seal", "negation"),
        ("The valve must stay open", "The valve must stay closed", "opposite"),
        ("Doors open when it rings", "Doors close when it rings", "opposite"),
        ("Send it to Anna Berg today", "Send it to Bruno Holm today", "name"),
        ("We met in Lund with the board", "We met in Oslo with the board", "name"),
    ],
)
def test_a_veto_keeps_near_misses_apart(a, b, reason):
    found = verdict(a, b)
    assert found.sameness == "different"
    assert reason in found.reasons


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("The toll is 71, it was 64 EUR", "We pay 64 EUR"),
        ("Dry dock: seven weeks", "乾ドックは7週間かかる"),
        ("Hold at six point four volts", "6,4 V it is"),
        ("Ripens 21 days, not 14", "Ripening takes 21 days"),
        ("Frayed after 90 h, so swap the rope at 70 h", "Swap it at 70 hours"),
        ("Since 2019年 the lamps last 5年", "Lamps last 5 years"),
        ("R4 and R6 both need a shim", "Put a shim under an R6"),
        ("Low tide at 5 pm", "Ebbe um 17 Uhr"),
    ],
)
def test_other_words_for_one_fact_are_never_vetoed(a, b):
    assert verdict(a, b).sameness == "open"


def test_the_same_words_about_two_customers_are_different():
    a = note("Pays after 26 days", metadata={"customer": "Ostrava Mills"})
    b = note("Pays after 26 days", metadata={"client": "Tarn Foods"})
    assert compare(a, b).reasons == ("name",)


def test_a_name_known_from_other_metadata_counts_in_plain_text():
    names = Names([("customer", "ostrava"), ("customer", "tarn")])
    a, b = "Ostrava asks for a deposit", "a deposit is what Tarn wants"
    assert verdict(a, b, names=names).reasons == ("name",)
    assert verdict(a, b).sameness == "open"


def test_other_metadata_does_not_name_anything():
    a = note("Pays late", metadata={"source": "mail"})
    b = note("Pays late", metadata={"source": "call"})
    assert compare(a, b).sameness == "same"


def test_short_phrases_inside_longer_notes_are_no_relay():
    assert verdict("Use rope", "Use rope only where the chain would scratch").reasons == ()


@pytest.mark.parametrize(
    ("text", "unit", "values"),
    [
        ("within 4–6 weeks", "week", {4, 6}),
        ("limite 80k €", "eur", {80000}),
        ("$ 1,250 a day", "usd", {1250}),
        ("fünfzehn Tage", "day", {15}),
        ("6か月", "month", {6}),
    ],
)
def test_amounts_are_read_in_several_languages(text, unit, values):
    assert facets(note(text)).amounts[unit] == values


def test_folding_keeps_the_marks_of_japanese_kana():
    assert fold("バール") != fold("ハール")


TEXTS = st.text(alphabet="ab 12,.-hdé港ない'>:", max_size=60)


@given(TEXTS, TEXTS)
def test_comparing_is_symmetric(a, b):
    assert verdict(a, b) == verdict(b, a)


@given(TEXTS)
def test_a_note_is_the_same_as_itself(text):
    assert verdict(text, text).sameness == "same"
