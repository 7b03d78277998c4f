"""What commands are given: organisations by name or id."""

from apps.kernel.errors import NotFound
from apps.spaces.models import Organisation


def organisations(wanted: str | None) -> list[Organisation]:
    """Those of this name or public id; every one when nothing is asked for.

    Raises:
        NotFound: there is none, with a sentence for whoever runs the command.
    """
    found = list(Organisation.objects.order_by("pk"))
    if wanted:
        found = [one for one in found if wanted in {one.name, str(one.public_id)}]
    if not found:
        raise NotFound(f"There is no organisation {wanted!r}." if wanted else "No hub yet.")
    return found
