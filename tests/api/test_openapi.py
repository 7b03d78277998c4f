"""The committed OpenAPI document is the one the code makes."""

from pathlib import Path

import yaml
from drf_spectacular.generators import SchemaGenerator

from tests.api import routes

FILE = Path(__file__).parent.parent.parent / "docs" / "openapi.yaml"


def generated():
    return SchemaGenerator().get_schema(request=None, public=True)


def test_the_snapshot_is_what_the_code_makes():
    assert FILE.exists(), "run make openapi"
    committed = yaml.safe_load(FILE.read_text())
    made = yaml.safe_load(yaml.safe_dump(generated()))
    changed = sorted(
        f"{section}: {name}"
        for section in ("paths", "components")
        for name in _parts(made, section) ^ _parts(committed, section)
    )
    assert committed == made, f"run make openapi and review the change: {changed}"


def test_every_route_of_the_api_is_in_the_document():
    documented = {
        f"{method.upper()} {path}"
        for path, operations in generated()["paths"].items()
        for method in operations
    }
    assert documented == {route for route in routes.discovered() if " /api/v1/" in route}


def test_every_operation_says_what_it_does_and_how_it_fails():
    for path, operations in generated()["paths"].items():
        for method, operation in operations.items():
            assert operation.get("description"), f"{method} {path} has no docstring"
            assert "401" in operation["responses"], f"{method} {path}"


def _parts(document, section):
    inner = document[section] if section == "paths" else document[section]["schemas"]
    return {f"{name} {part!r}" for name, part in inner.items()}
