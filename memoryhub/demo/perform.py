"""`python -m memoryhub.demo.perform`: play a folder on a hub that is running."""

import argparse
import json
import os
import sys
from pathlib import Path

import django
from django.conf import settings
from rich.console import Console


def main(argv: list[str] | None = None) -> int:
    """Play and report; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--json", type=Path, help="also write the report here")
    options = parser.parse_args(argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "memoryhub.settings")
    django.setup()
    from memoryhub.demo import cast, folder, play, report  # noqa: PLC0415 - need Django

    try:
        organisation = folder.read(options.data)
    except folder.FolderError as error:
        sys.stderr.write(f"demo: {error}\n")
        return 1
    actors = cast.assemble(organisation, keep_in=settings.VAR_DIR)
    with play.player(options.base_url, organisation, actors) as player:
        performance = player.play()
    report.show(
        Console(width=None if sys.stdout.isatty() else 140), organisation, actors, performance
    )
    if options.json:
        body = report.as_json(actors, performance)
        options.json.write_text(json.dumps(body, ensure_ascii=False, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
