"""`manage.py switch`: stop promotion, consolidation or every write, and let them go on."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from apps.kernel.errors import Error
from apps.spaces.models import Switch, SwitchKind
from apps.spaces.services import switches


class Command(BaseCommand):
    help = (
        "Kill switches of the whole hub. Without arguments: what is on, for the hub and for single"
        " organisations. Administrators turn those of their organisation at the desk."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", metavar="on | off")
        on = actions.add_parser("on", help="stop something in the whole hub, at once")
        on.add_argument(
            "kind",
            choices=SwitchKind.values,
            help="publishing to wider spaces, every run, or every write",
        )
        on.add_argument("--reason", required=True, help="shown to everybody at the desk")
        off = actions.add_parser("off", help="let it go on")
        off.add_argument("id", type=UUID, help="as told without arguments")
        off.add_argument("--reason", default="", help="why it may go on")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            {"on": self._on, "off": self._off, None: self._tell}[options["action"]](options)
        except Error as error:
            raise CommandError(error.detail) from error

    def _on(self, options: dict[str, Any]) -> None:
        made = switches.turn_on_everywhere(kind=options["kind"], reason=options["reason"])
        self.stdout.write(f"{made.get_kind_display()} for the whole hub. id {made.public_id}")

    def _off(self, options: dict[str, Any]) -> None:
        switch = Switch.objects.filter(public_id=options["id"]).first()
        if switch is None:
            raise CommandError(
                f"There is no switch {options['id']}: `manage.py switch` lists what is on."
            )
        switches.lift(actor=None, switch=switch, reason=options["reason"])
        self.stdout.write("It goes on.")

    def _tell(self, _: dict[str, Any]) -> None:
        found = Switch.objects.on().select_related("organisation").order_by("pk")
        for switch in found:
            where = switch.organisation.name if switch.organisation else "the whole hub"
            when = f"{switch.set_at:%Y-%m-%d %H:%M} UTC"
            self.stdout.write(f"{switch.public_id}  {switch.kind}  {where}  since {when}")
        if not found:
            self.stdout.write("Nothing is stopped.")
