"""`manage.py retention`: what retention would do, or doing it now instead of at night."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.governance.models import RetentionRun
from apps.governance.services import retention
from apps.kernel.errors import Error
from apps.spaces.models import Organisation, Space


class Command(BaseCommand):
    help = (
        "Archive and erase what is past its time under the retention rules, as the nightly job"
        " does. A rule takes effect only after a dry run; what a legal hold keeps stays."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organisation", help="name or id; every organisation when left out")
        parser.add_argument(
            "--dry-run", action="store_true", help="count what would go; change nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for organisation in self._organisations(options["organisation"]):
            try:
                if options["dry_run"]:
                    run = retention.rehearsed(organisation=organisation)
                else:
                    run = retention.enforce(organisation=organisation)
            except Error as error:
                raise CommandError(f"{organisation}: {error.detail}") from error
            self._tell(organisation, run)

    def _tell(self, organisation: Organisation, run: RetentionRun) -> None:
        verb = "would be" if run.dry else "were"
        names = {
            str(space.public_id): space.name
            for space in Space.objects.filter(organisation=organisation)
        }
        total = sum(row["count"] for row in run.report)
        self.stdout.write(f"{organisation}: {total:,} memories {verb} archived or erased.")
        for row in run.report:
            where = names.get(row["space"], row["space"])
            self.stdout.write(
                f"  {where}, {row['kind']}: {row['count']:,} to {row['action']}, older than"
                f" {row['max_age_days']} days; e.g. {', '.join(row['ids'][:3])}"
            )
        if run.held:
            self.stdout.write(f"  {run.held:,} are due and kept by a legal hold.")

    def _organisations(self, wanted: str | None) -> list[Organisation]:
        found = list(Organisation.objects.order_by("pk"))
        if wanted:
            found = [one for one in found if wanted in {one.name, str(one.public_id)}]
        if not found:
            raise CommandError(f"There is no organisation {wanted!r}." if wanted else "No hub yet.")
        return found
