"""Whatever a superuser does to the log is found, and the first event it hit is named."""

import hashlib
import io
import json
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.core.canon import COLUMNS, FIRST, Head, event_bytes
from apps.audit.core.merkle import Edge, leaf_hash
from apps.audit.core.verification import Checker, Leaf
from apps.audit.models import AuditEvent, PendingEvent, Seal
from apps.audit.models import Leaf as LeafRow
from apps.audit.services import exports, keys, seals, verification
from apps.audit.services.events import SYSTEM, record
from apps.audit.sql import CANONICAL
from apps.kernel import clock


def problem():
    found = verification.verify().problem
    assert found is not None
    return found


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("audit", *arguments, stdout=out)
    return out.getvalue()


# --- in the database ---------------------------------------------------------------------------


def test_the_untouched_log_is_right_and_counted(sealed):
    record(action="test.waits", by=SYSTEM)
    verdict = verification.verify()
    assert (verdict.events, verdict.seals, verdict.problem) == (12, 3, None)


def test_a_log_without_seals_proves_nothing_and_says_so(db):
    assert verification.verify().problem is None
    assert "nothing is proved" in run("verify")


@pytest.mark.parametrize(
    "change",
    [
        "reason = 'x'", "detail = '{\"n\": 7}'", "detail = '{\"n\": 1.0}'", "action = 'test.not'",
        "created_at = created_at + interval '1 microsecond'", "actor = gen_random_uuid()",
        "object_ids = ARRAY[gen_random_uuid()]", "public_id = gen_random_uuid()",
        "request_id = 'r'", "space = gen_random_uuid()", "token = gen_random_uuid()",
        "owner = gen_random_uuid()", "organisation = gen_random_uuid()", "object_type = 't'",
    ],
)  # fmt: skip
def test_one_edited_event_is_named_whatever_changed(change, sealed, tamper):
    tamper(f"UPDATE audit_auditevent SET {change} WHERE id = %s", sealed[6].pk)
    found = problem()
    assert (found.kind, found.position, found.event_id) == ("changed", 6, sealed[6].pk)


def test_the_first_of_several_edited_events_is_named(sealed, tamper):
    tamper("UPDATE audit_auditevent SET reason = 'x' WHERE id >= %s", sealed[3].pk)
    assert problem().event_id == sealed[3].pk


def test_one_deleted_event_is_named(sealed, tamper):
    tamper("DELETE FROM audit_auditevent WHERE id = %s", sealed[4].pk)
    found = problem()
    assert (found.kind, found.position, found.event_id) == ("removed", 4, sealed[4].pk)


def test_one_deleted_with_its_leaf_leaves_a_gap_that_is_named(sealed, tamper):
    tamper("DELETE FROM audit_auditevent WHERE id = %s", sealed[2].pk)
    tamper("DELETE FROM audit_leaf WHERE event_id = %s", sealed[2].pk)
    found = problem()
    assert (found.kind, found.position) == ("removed", 2)


def test_one_inserted_past_the_triggers_is_named(sealed, tamper):
    tamper(INSERT)
    added = AuditEvent.objects.latest("id")
    found = problem()
    assert (found.kind, found.event_id) == ("inserted", added.pk)


def test_one_inserted_with_a_place_of_its_own_is_named(sealed, tamper):
    """All later leaves are moved by one, and the leaf is right: only the seal tells."""
    tamper(INSERT)
    added = AuditEvent.objects.latest("id").pk
    with_hash = leaf_of(added)
    tamper("UPDATE audit_leaf SET position = position + 100 WHERE position >= 7")
    tamper("UPDATE audit_leaf SET position = position - 99 WHERE position >= 100")
    tamper("INSERT INTO audit_leaf VALUES (7, %s, 1, %s)", added, with_hash)
    found = problem()
    assert (found.kind, found.position, found.event_id) == ("inserted", 7, added)


def test_one_inserted_before_the_first_is_named(sealed, tamper):
    tamper("ALTER TABLE audit_leaf DROP CONSTRAINT audit_leaf_position")
    tamper(INSERT)
    added = AuditEvent.objects.latest("id").pk
    tamper("INSERT INTO audit_leaf VALUES (-1, %s, 1, %s)", added, leaf_of(added))
    found = problem()
    assert (found.kind, found.event_id) == ("inserted", added)


def test_two_swapped_are_named(sealed, tamper):
    first, second = sealed[5].pk, sealed[7].pk
    tamper("UPDATE audit_leaf SET position = 100 WHERE event_id = %s", first)
    tamper("UPDATE audit_leaf SET position = 5 WHERE event_id = %s", second)
    tamper("UPDATE audit_leaf SET position = 7 WHERE event_id = %s", first)
    found = problem()
    assert (found.kind, found.position, found.event_id) == ("reordered", 5, second)


def test_two_that_swapped_what_they_say_are_named(sealed, tamper):
    first, second = sealed[0].pk, sealed[1].pk
    tamper("UPDATE audit_auditevent SET id = -1 WHERE id = %s", first)
    tamper("UPDATE audit_auditevent SET id = %s WHERE id = %s", first, second)
    tamper("UPDATE audit_auditevent SET id = %s WHERE id = -1", second)
    found = problem()
    assert (found.kind, found.position, found.event_id) == ("changed", 0, first)


def test_an_event_rewritten_with_its_leaf_is_found_within_its_seal(sealed, tamper):
    tamper("UPDATE audit_auditevent SET reason = 'x' WHERE id = %s", sealed[6].pk)
    tamper("UPDATE audit_leaf SET hash = %s WHERE position = 6", leaf_of(sealed[6].pk))
    found = problem()
    assert (found.kind, found.position, found.seal) == ("rewritten", 5, 2)
    assert "positions 5 and 8" in found.sentence


def test_a_truncated_tail_is_found(sealed, tamper):
    tamper("DELETE FROM audit_leaf WHERE position >= 10")
    tamper("DELETE FROM audit_auditevent WHERE id >= %s", sealed[10].pk)
    found = problem()
    assert (found.kind, found.position, found.seal) == ("truncated", 10, 3)


def test_a_tail_cut_off_with_its_seal_is_found_by_a_hash_kept_elsewhere(sealed, tamper):
    last = bytes(Seal.objects.get(number=3).hash)
    tamper("DELETE FROM audit_leaf WHERE position >= 9")
    tamper("DELETE FROM audit_auditevent WHERE id >= %s", sealed[9].pk)
    tamper("DELETE FROM audit_seal WHERE number = 3")
    assert verification.verify().problem is None, "nothing that is left tells"
    with pytest.raises(CommandError, match=last.hex()):
        run("verify", "--expect", last.hex())


def test_seals_removed_alone_are_found(sealed, tamper):
    tamper("DELETE FROM audit_seal WHERE number = 3")
    found = problem()
    assert (found.kind, found.position) == ("truncated", 9)


def test_a_seal_removed_from_the_middle_is_found(sealed, tamper):
    tamper("DELETE FROM audit_seal WHERE number = 2")
    found = problem()
    assert (found.kind, found.seal) == ("unchained", 2)


def test_an_event_removed_before_it_was_sealed_is_found(sealed, tamper):
    waits = record(action="test.waits", by=SYSTEM)
    tamper("DELETE FROM audit_auditevent WHERE id = %s", waits.pk)
    assert seals.seal(now=clock.now()) is None
    found = problem()
    assert (found.kind, found.event_id) == ("removed", waits.pk)
    assert PendingEvent.objects.count() == 1


def test_an_event_whose_waiting_was_ended_is_found(sealed):
    waits = record(action="test.waits", by=SYSTEM)
    PendingEvent.objects.all().delete()
    assert problem().event_id == waits.pk


@pytest.mark.parametrize(
    "change",
    [
        "size = size + 1", "root = previous", "sealed_at = sealed_at + interval '1 s'",
        "hash = decode(repeat('11', 32), 'hex')", "key = 'another'", "number = 4",
        "previous = decode(repeat('11', 32), 'hex')",
        "signature = decode(repeat('11', 64), 'hex')",
    ],
)  # fmt: skip
def test_a_changed_seal_is_found(change, sealed, tamper):
    tamper(f"UPDATE audit_seal SET {change} WHERE number = 3")
    found = problem()
    assert found.kind in {"forged", "unchained", "truncated"}
    assert found.seal == 3


def test_a_seal_forged_with_another_key_is_not_trusted(sealed, tamper):
    """A rewritten last batch with a seal that is right but for who signed it."""
    forger = keys.new()
    tamper("UPDATE audit_auditevent SET reason = 'x' WHERE id = %s", sealed[9].pk)
    tamper("UPDATE audit_leaf SET hash = %s WHERE position = 9", leaf_of(sealed[9].pk))
    hashes = map(bytes, LeafRow.objects.order_by("position").values_list("hash", flat=True))
    head = seals.head_of(Seal.objects.get(number=3))
    for key, kind in ((forger.id, "unknown"), (keys.signer().id, "forged")):
        fake = signed(replace(head, root=Edge().extend(hashes).root(), key=key), forger)
        assert keys.check(fake, keys.trusted()) == kind
        tamper(
            "UPDATE audit_seal SET root = %s, key = %s, hash = %s, signature = %s WHERE number = 3",
            fake.root, fake.key, fake.hash, fake.signature,
        )  # fmt: skip
        found = problem()
        assert (found.kind, found.seal) == ("forged", 3)


# --- the command, and an export ----------------------------------------------------------------


def test_the_command_says_what_is_right_and_what_is_wrong(sealed, tamper):
    told = run("verify")
    assert "12 events under 3 seals" in told
    assert bytes(Seal.objects.get(number=3).hash).hex() in told
    tamper("UPDATE audit_auditevent SET reason = 'x' WHERE id = %s", sealed[6].pk)
    with pytest.raises(
        CommandError, match=f"Event {sealed[6].pk} at position 6, .* was changed"
    ) as e:
        run("verify")
    assert e.value.returncode == 1


def test_the_command_seals_what_waits(db):
    record(action="test.done", by=SYSTEM)
    assert "Seal 1: 1 events" in run("seal")
    assert "Every event is sealed." in run("seal")


def test_an_export_is_verified_without_the_database(sealed, tmp_path, django_db_blocker):
    record(action="test.waits", by=SYSTEM)
    file = tmp_path / "log.jsonl"
    assert "(1) are not in it" in run("export", "--out", str(file))
    public = keys.encoded(keys.signer().public)
    with django_db_blocker.block():
        told = run("verify", "--export", str(file), f"--public-key={public}")
        assert "12 events under 3 seals" in told
        assert "Trusting" not in told
        assert "Trusting the keys in the file" in run("verify", "--export", str(file))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda lines: lines[:3] + lines[4:], "The leaf at position 2 is missing"),
        (lambda lines: [*lines[:1], lines[2], lines[1], *lines[3:]], "position 0 is missing"),
        (lambda lines: [*lines[:2], lines[1], *lines[2:]], "was inserted"),
        (lambda lines: lines[:-1], "the file was cut off"),
        (lambda lines: lines[:-4] + lines[-2:], "The log ends at position 9"),
        (lambda lines: [lines[0], "{}", *lines[1:]], "line 2 is not one of an export"),
        (lambda lines: [lines[0], "[1]", *lines[1:]], "line 2 is not a JSON object"),
        (lambda lines: ["{}", *lines[1:]], "line 1 is not that of an export"),
        (lambda lines: [*lines, lines[3]], "stands after the end"),
        (lambda lines: [], "the file was cut off"),
    ],
)
def test_a_changed_export_is_found(change, sentence, sealed, tmp_path):
    lines = "".join(exports.export()).splitlines()
    file = tmp_path / "log.jsonl"
    file.write_text("\n".join(change(lines)))
    with pytest.raises(CommandError, match=sentence):
        run("verify", "--export", str(file), f"--public-key={keys.encoded(keys.signer().public)}")


@pytest.mark.parametrize("record_type", ["event", "seal"])
@pytest.mark.parametrize("value", ["1", None, [], {}, 1.5, True])
def test_an_export_with_strange_values_is_refused_in_a_sentence(
    record_type, value, sealed, tmp_path
):
    file = tmp_path / "log.jsonl"
    for name in ("position", "hash", "event", "number", "signature", "sealed_at"):
        lines = [json.loads(line) for line in exports.export()]
        first = next(line for line in lines if line["type"] == record_type)
        if name not in first:
            continue
        first[name] = value
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        with pytest.raises(CommandError):
            run("verify", "--export", str(file))


def test_an_export_by_a_stranger_is_not_trusted(sealed, tmp_path):
    file = tmp_path / "log.jsonl"
    run("export", "--out", str(file))
    with pytest.raises(CommandError, match="not trusted"):
        run("verify", "--export", str(file), f"--public-key={keys.encoded(keys.new().public)}")


# --- proofs ------------------------------------------------------------------------------------


def test_an_event_is_proved_by_any_seal_that_covers_it(sealed, tmp_path):
    file = tmp_path / "proof.json"
    for options in ([], ["--seal", "2"]):
        file.write_text(run("prove", "--event", str(sealed[6].public_id), *options))
        assert f"Event {sealed[6].public_id} is at position 6" in run("prove", "--check", str(file))
    with pytest.raises(CommandError, match="no position 6 among 5"):
        run("prove", "--event", str(sealed[6].public_id), "--seal", "1")
    proof = json.loads(file.read_text())
    proof["leaf"]["event"]["reason"] = "another"
    file.write_text(json.dumps(proof))
    with pytest.raises(CommandError, match="does not lead to the root"):
        run("prove", "--check", str(file))


def test_growth_between_two_seals_is_proved(sealed, tmp_path):
    file = tmp_path / "proof.json"
    file.write_text(run("prove", "--since", "1", "--seal", "3"))
    assert "begins with all 5 events under seal 1" in run("prove", "--check", str(file))
    proof = json.loads(file.read_text())
    proof["hashes"][0] = "00" * 32
    file.write_text(json.dumps(proof))
    with pytest.raises(CommandError, match="does not lead from seal 1 to seal 3"):
        run("prove", "--check", str(file))
    with pytest.raises(CommandError, match="does not continue"):
        run("prove", "--since", "3", "--seal", "1")


def test_no_proof_is_made_of_a_log_that_was_changed(sealed, tamper):
    tamper("UPDATE audit_leaf SET hash = sha256('x') WHERE position = 0")
    with pytest.raises(CommandError, match="run `manage"):
        run("prove", "--event", str(sealed[6].public_id))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["prove"], "Give one of"),
        (["prove", "--since", "9"], "There is no seal 9"),
        (["prove", "--event", "00000000-0000-0000-0000-000000000000"], "is not in the log"),
        (["verify", "--expect", "12"], "64 hexadecimal digits"),
        (["verify", "--export", "nowhere.jsonl"], "cannot be used"),
        (["verify", "--export", "x", "--public-key", "abc"], "32 bytes"),
    ],
)
def test_bad_input_is_told_in_a_sentence(arguments, sentence, sealed):
    with pytest.raises(CommandError, match=sentence):
        run(*arguments)


def test_a_fresh_key_comes_with_what_to_set(db, settings):
    told = dict(line.split("=", 1) for line in run("key", "--new").splitlines() if "=" in line)
    assert told["AUDIT_PUBLIC_KEYS"] == keys.encoded(keys.signer().public)
    settings.AUDIT_SIGNING_KEY = told["AUDIT_SIGNING_KEY"]
    settings.AUDIT_PUBLIC_KEYS = told["AUDIT_PUBLIC_KEYS"].split(",")
    listed = run("key").splitlines()
    assert [line.rpartition("  ")[2] for line in listed] == ["signs", "signed before"]


# --- the law -----------------------------------------------------------------------------------

SIGNER = keys.signer_of(bytes(range(32)))


def log_of(batches: list[int]) -> list[Leaf | Head]:
    """A true log with that many events under each seal."""
    records: list[Leaf | Head] = []
    edge, previous = Edge(), FIRST
    for number, count in enumerate(batches, 1):
        for _ in range(count):
            event = {**dict.fromkeys(COLUMNS[1], ""), "id": edge.size + 1}
            hashed = leaf_hash(event_bytes(event))
            records.append(Leaf(edge.size, edge.size + 1, 1, hashed, event))
            edge = edge.append(hashed)
        head = signed(Head(number, edge.size, edge.root(), previous, "t", SIGNER.id), SIGNER)
        records.append(head)
        previous = head.hash
    return records


def verdict_of(records: list[Leaf | Head], expect: bytes | None = None):
    known = {SIGNER.id: SIGNER.public}
    return Checker(lambda head: keys.check(head, known), expect).read(records).problem


LOGS = st.lists(st.integers(1, 5), min_size=1, max_size=4).map(log_of)


@given(LOGS, st.data())
def test_verify_accepts_the_true_log_and_no_other(records, data):
    """With the hash of the last seal known, every other sequence of records is refused."""
    expect = records[-1].hash
    assert verdict_of(records, expect) is None
    changed = list(records)
    place = data.draw(st.integers(0, len(records) - 1))
    other = data.draw(st.integers(0, len(records) - 1))
    match data.draw(st.sampled_from(["drop", "repeat", "swap", "cut", "edit", "rehash"])):
        case "drop":
            del changed[place]
        case "repeat":
            changed.insert(other, changed[place])
        case "swap":
            changed[place], changed[other] = changed[other], changed[place]
        case "cut":
            del changed[place:]
        case kind:
            changed[place] = spoilt(changed[place], rehashed=kind == "rehash")
    assert (verdict_of(changed, expect) is None) == (changed == records)


def spoilt(record: Leaf | Head, *, rehashed: bool) -> Leaf | Head:
    """With another content, and a hash that fits it if wanted; nobody can sign that."""
    if isinstance(record, Leaf):
        event = {**(record.event or {}), "reason": "another"}
        hashed = leaf_hash(event_bytes(event)) if rehashed else record.hash
        return replace(record, event=event, hash=hashed)
    other = replace(record, root=bytes(32))
    return replace(other, hash=hashlib.sha256(other.message()).digest()) if rehashed else other


def signed(head: Head, signer: keys.Signer) -> Head:
    message = head.message()
    return replace(head, hash=hashlib.sha256(message).digest(), signature=signer.sign(message))


def leaf_of(event_id: int) -> bytes:
    """The leaf hash that an event has as it stands now."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {CANONICAL} FROM audit_auditevent e WHERE id = %s", [event_id])
        return leaf_hash(event_bytes(dict(zip(COLUMNS[1], cursor.fetchone(), strict=True))))


INSERT = (
    "INSERT INTO audit_auditevent (public_id, created_at, request_id, action, object_type,"
    " object_ids, reason, detail) VALUES (gen_random_uuid(), now(), '', 'test.forged', '', '{}',"
    " '', '{}')"
)
