"""`manage.py bootstrap`: set up an empty hub, or say where it is."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from apps.spaces.models import Organisation
from apps.spaces.services import bootstrap


class Command(BaseCommand):
    help = (
        "Create the first admin, organisation and agent token; the secrets are shown once. On a hub"
        " that has an organisation it only says where the hub is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--base-url",
            default="http://127.0.0.1:8000",
            help="how people reach the hub; only shown (%(default)s)",
        )
        parser.add_argument(
            "--email",
            default="admin@memoryhub.example",
            help="of the first administrator (%(default)s)",
        )
        parser.add_argument(
            "--organisation", default="My organisation", help="its name (%(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        url = options["base_url"].rstrip("/")
        self.stdout.write(f"desk       {url}/desk/\nAPI docs   {url}/api/docs")
        if Organisation.objects.exists():
            return
        first = bootstrap.first_start(email=options["email"], organisation=options["organisation"])
        self.stdout.write(
            f"""
The hub is new. These two secrets are shown this once:
  admin    {first.email}   password  {first.password}
  token    {first.token}   (first agent of {first.organisation})

Try it:
  curl -s {url}/api/v1/memories -H 'Authorization: Bearer {first.token}' \\
       -H 'Content-Type: application/json' -d '{{"text": "Drain test water before shipping."}}'
  curl -s {url}/api/v1/recall -H 'Authorization: Bearer {first.token}' \\
       -H 'Content-Type: application/json' -d '{{"query": "what about test water?"}}'
"""
        )
