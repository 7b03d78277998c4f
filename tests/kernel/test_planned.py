"""Statements as functions of the database: named by their text, called with their parameters."""

from apps.kernel.planned import planned

TEXT = "SELECT id, name FROM spaces_space WHERE id = ANY(%(ids)s::bigint[])"


def made(text=TEXT, **takes):
    return planned("of_a_test", text, takes={"ids": "bigint[]", **takes}, gives=("bigint", "text"))


def test_the_same_text_is_the_same_function_and_another_text_another():
    assert made() == made()
    assert made().call != made(TEXT + " AND kind = 'team'").call
    assert made().call != made(more="text").call


def test_the_call_takes_what_the_statement_takes():
    assert made().call.startswith("SELECT * FROM memoryhub_of_a_test_")
    assert made(more="text").call.endswith("(%(ids)s::bigint[], %(more)s::text)")


def test_the_definition_holds_no_parameter_of_the_statement():
    assert "%" not in made().definition
    assert "ANY(in_ids::bigint[])" in made().definition
