"""`manage.py retention`: what retention would do, or doing it now instead of at night."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from apps.governance.models import RetentionRun
from apps.governance.services import retention
from apps.kernel.management.parted import told_in_a_sentence
from apps.spaces.management import choosing
from apps.spaces.models import Organisation, Space


class Command(BaseCommand):
    help = (
        "Archive and erase what is past its time under the retention rules, as the nightly job"
        " does. A rule takes effect only after a dry run; what a legal hold keeps stays."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organisation", help=choosing.EVERY)
        parser.add_argument(
            "--dry-run", action="store_true", help="count what would go; change nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        carry_out = retention.rehearsed if options["dry_run"] else retention.enforce
        with told_in_a_sentence():
            for organisation in choosing.organisations(options["organisation"]):
                self._tell(organisation, carry_out(organisation=organisation))

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
