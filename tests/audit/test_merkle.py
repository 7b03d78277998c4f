"""The tree against RFC 6962's own vectors and its recursive definition."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.core.merkle import (
    EMPTY_ROOT,
    Edge,
    consistency_ranges,
    inclusion_ranges,
    leaf_hash,
    node_hash,
    prove,
    root_from_inclusion,
    roots_from_consistency,
)

# Inputs and roots of the test vectors that Certificate Transparency implementations share
VECTORS = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                 "606162636465666768696a6b6c6d6e6f")
]  # fmt: skip
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def hashes(count: int) -> list[bytes]:
    return [leaf_hash(bytes([n])) for n in range(count)]


def by_definition(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(by_definition(leaves[:split]), by_definition(leaves[split:]))


@pytest.mark.parametrize("size", ROOTS)
def test_roots_of_the_known_vectors(size):
    assert Edge().extend(map(leaf_hash, VECTORS[:size])).root().hex() == ROOTS[size]


def test_no_leaves_have_the_hash_of_nothing():
    assert Edge().root() == EMPTY_ROOT == hashlib.sha256(b"").digest()


@pytest.mark.parametrize("size", range(1, 34))
def test_the_edge_gives_the_root_of_the_definition(size):
    edge = Edge().extend(hashes(size))
    assert edge.root() == by_definition(hashes(size))
    assert Edge.unpack(size, edge.packed()) == edge
    assert len(edge.peaks) == size.bit_count()


def test_an_edge_of_another_size_is_refused():
    with pytest.raises(ValueError, match="peaks"):
        Edge.unpack(4, Edge().extend(hashes(3)).packed())


@given(st.integers(1, 70), st.data())
def test_every_leaf_can_be_proved_and_no_other_in_its_place(size, data):
    leaves = hashes(size)
    index = data.draw(st.integers(0, size - 1))
    root = by_definition(leaves)
    proof = prove(inclusion_ranges(index, size), lambda start, end: leaves[start:end])
    assert root_from_inclusion(leaves[index], index, size, proof) == root
    assert root_from_inclusion(leaf_hash(b"another"), index, size, proof) != root
    if proof:
        spoilt = [bytes(32), *proof[1:]]
        assert root_from_inclusion(leaves[index], index, size, spoilt) != root
        with pytest.raises(ValueError, match="hashes"):
            root_from_inclusion(leaves[index], index, size, proof[1:])


@given(st.integers(1, 70), st.data())
def test_a_tree_is_proved_to_continue_its_past_and_no_other(new, data):
    leaves = hashes(new)
    old = data.draw(st.integers(1, new))
    roots = by_definition(leaves[:old]), by_definition(leaves)
    proof = prove(consistency_ranges(old, new), lambda start, end: leaves[start:end])
    assert roots_from_consistency(old, new, roots[0], proof) == roots
    changed = [leaf_hash(b"another"), *leaves[1:]]
    other = by_definition(changed[:old])
    assert roots_from_consistency(old, new, other, proof) != (other, roots[1])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3)])
def test_there_is_no_proof_of_a_leaf_that_is_not(index, size):
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_ranges(index, size)


@pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3)])
def test_there_is_no_proof_of_a_shorter_tree(old, new):
    with pytest.raises(ValueError, match="continue"):
        consistency_ranges(old, new)
