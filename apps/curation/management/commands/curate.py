"""`manage.py curate`: run the nightly job now, in this process."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.curation.services import runs
from apps.kernel.errors import Error
from apps.spaces.models import Organisation


class Command(BaseCommand):
    help = "Find what several people learned and publish it or ask a reviewer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organisation", help="name or id; every organisation when left out")
        parser.add_argument("--dry-run", action="store_true", help="decide, count, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = self._organisations(options["organisation"])
        for organisation in chosen:
            try:
                run = runs.queue(organisation=organisation, dry=options["dry_run"])
                run = runs.execute(run_id=run.pk)
            except Error as error:
                raise CommandError(f"{organisation}: {error.detail}") from error
            self.stdout.write(f"{organisation}: {_summary(run.counts)}")

    def _organisations(self, wanted: str | None) -> list[Organisation]:
        found = list(Organisation.objects.order_by("pk"))
        if wanted:
            found = [o for o in found if wanted in {o.name, str(o.public_id)}]
        if not found:
            raise CommandError(f"There is no organisation {wanted!r}." if wanted else "No hub yet.")
        return found


def _summary(counts: dict[str, Any]) -> str:
    new = counts["new"]
    return (
        f"{counts['memories']} memories in {counts['clusters']} clusters; "
        f"new: {new['published']} published, {new['requests']} to review, "
        f"{new['corroborated']} corroborated; screened: {sum(counts['screened'].values())}"
    )
