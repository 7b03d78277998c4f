"""Laws of encrypted values: what was put in comes out, and nothing else ever does."""

import dataclasses
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.vault.core.envelope import NotOpened, Place, decrypt, encrypt, parse

KEYS = st.binary(min_size=32, max_size=32)
NONCES = st.binary(min_size=12, max_size=12)
PLACES = st.builds(
    Place,
    table=st.text(max_size=20),
    row=st.text(max_size=20),
    purpose=st.text(max_size=20),
    organisation=st.none() | st.uuids(),
)


@given(st.binary(max_size=300), KEYS, st.uuids(), NONCES, PLACES)
def test_what_is_put_in_comes_out(plaintext, key, data_key, nonce, place):
    value = encrypt(plaintext, key=key, data_key=data_key, nonce=nonce, place=place)
    assert parse(value).data_key == data_key
    assert decrypt(parse(value), key=key, place=place) == plaintext


@given(st.binary(min_size=1, max_size=40), KEYS, NONCES, PLACES, st.data())
def test_no_character_can_be_another(plaintext, key, nonce, place, data):
    value = encrypt(plaintext, key=key, data_key=uuid.UUID(int=7), nonce=nonce, place=place)
    at = data.draw(st.integers(0, len(value) - 1))
    other = data.draw(st.characters(exclude_characters=value[at]))
    with pytest.raises(NotOpened):
        decrypt(parse(value[:at] + other + value[at + 1 :]), key=key, place=place)


@given(st.binary(max_size=20), KEYS, NONCES, st.data())
def test_no_bit_of_the_ciphertext_can_be_flipped(plaintext, key, nonce, data):
    place = Place("t", "r", "p")
    value = encrypt(plaintext, key=key, data_key=uuid.UUID(int=7), nonce=nonce, place=place)
    sealed = parse(value)
    bit = data.draw(st.integers(0, 8 * len(sealed.payload) - 1))
    changed = bytearray(sealed.payload)
    changed[bit // 8] ^= 1 << (bit % 8)
    with pytest.raises(NotOpened):
        decrypt(dataclasses.replace(sealed, payload=bytes(changed)), key=key, place=place)


@given(KEYS, NONCES, PLACES, PLACES)
def test_it_opens_in_its_own_place_only(key, nonce, place, other):
    value = encrypt(b"secret", key=key, data_key=uuid.UUID(int=7), nonce=nonce, place=place)
    if place == other:
        assert decrypt(parse(value), key=key, place=other) == b"secret"
    else:
        with pytest.raises(NotOpened):
            decrypt(parse(value), key=key, place=other)


def test_parts_of_a_place_do_not_run_together():
    key, nonce = bytes(range(32)), bytes(12)
    value = encrypt(
        b"s", key=key, data_key=uuid.UUID(int=7), nonce=nonce, place=Place("ab", "c", "")
    )
    with pytest.raises(NotOpened):
        decrypt(parse(value), key=key, place=Place("a", "bc", ""))


@given(KEYS, KEYS, NONCES)
def test_only_its_own_key_opens_it(key, other, nonce):
    place = Place("t", "r", "p")
    value = encrypt(b"secret", key=key, data_key=uuid.UUID(int=7), nonce=nonce, place=place)
    if key != other:
        with pytest.raises(NotOpened):
            decrypt(parse(value), key=other, place=place)


@given(st.text(max_size=120))
def test_anything_else_is_refused_as_such(text):
    with pytest.raises(NotOpened):
        parse(text)


def test_a_version_that_is_not_known_is_named_as_such():
    with pytest.raises(NotOpened, match="a form that this version knows"):
        parse("mh2." + "0" * 32 + ".AAAA")
