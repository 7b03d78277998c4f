"""How tests are shared out to several processes."""

from pathlib import Path

from tests import scheduling

ROOT = Path(__file__).resolve().parents[2]


def test_every_file_that_is_named_is_there():
    named = {*scheduling.LONG, *scheduling.TOGETHER, *scheduling.APART}
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_what_shares_a_hub_goes_together_and_what_shares_nothing_apart():
    one, other = "tests/durability/test_logs.py::test_a", "tests/durability/test_health.py::test_b"
    assert scheduling.unit_of(one) == scheduling.unit_of(other)
    fuzz = "tests/security/test_leak_fuzz.py::"
    assert scheduling.unit_of(f"{fuzz}test_a") != scheduling.unit_of(f"{fuzz}test_b[x::y]")
    plain = "tests/canon/test_core.py"
    assert scheduling.unit_of(f"{plain}::test_a[1]") == plain


def test_long_ones_come_first():
    names = ["tests/canon/test_core.py::test_a", "tests/durability/test_kill.py::test_b"]
    assert sorted(names, key=scheduling.place_of) == names[::-1]
