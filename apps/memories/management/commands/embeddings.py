"""`manage.py embeddings`: change the embedding model while the hub serves."""

import time
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from apps.kernel.errors import Error
from apps.memories.models import EmbeddingModel, EmbeddingRole, MemoryIndex
from apps.memories.services import encoders, migration, parity, vector_indexes
from apps.providers.embedders import LOCAL_MODEL, Embedder, EmbeddingSettings, embedder_of

_TRIED = 64  # texts by which a dry run measures the model
_CHANGES = {
    "switch": "let the filled model answer",
    "rollback": "let the previous model answer again",
}
_HELP = """Change the embedding model while the hub serves.

  status    which models have vectors, and what is missing
  migrate   fill another model's vectors beside the active one's, then compare both
  switch    let the filled model answer
  rollback  let the previous model answer again
  drop-old  delete the vectors of every model but the active one

Each step can be killed and begun again. docs/howto/change-embedding-model.md tells the whole way.
"""


class Command(BaseCommand):
    help = _HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        kwargs["formatter_class"] = RawDescriptionHelpFormatter
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        steps = parser.add_subparsers(dest="step", required=True, metavar="step")
        steps.add_parser("status", help="models, rows, what is missing")
        _add_migrate(steps.add_parser("migrate", help="fill another model beside the active one"))
        for step, told in _CHANGES.items():
            one = steps.add_parser(step, help=told)
            one.add_argument(
                "--allow-pending",
                type=_whole,
                default=100,
                help="vectors that may still be in the making (default 100)",
            )
        drop = steps.add_parser("drop-old", help="delete every model's vectors but the active's")
        drop.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.ending = ""  # else Django ends every write with a new line
        self.console = Console(file=cast("IO[str]", self.stdout), highlight=False, soft_wrap=True)
        steps: dict[str, Callable[[dict[str, Any]], None]] = {
            "status": self._status,
            "migrate": self._migrate,
            "switch": self._switch,
            "rollback": self._switch,
            "drop-old": self._drop,
        }
        try:
            steps[options["step"]](options)
        except (Error, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("Interrupted; the same command goes on from here.") from None

    def _status(self, _options: dict[str, Any]) -> None:
        roles = {row.model: row.get_role_display() for row in EmbeddingModel.objects.all()}
        table = Table("model", "role", "dimensions", "rows", "pending", "lacking", "index")
        for embedder in encoders.written():
            model = embedder.model
            table.add_row(
                model,
                roles.get(model, "Answers questions (EMBEDDING_MODEL)"),
                f"{embedder.dimensions}",
                f"{MemoryIndex.objects.filter(model=model).count():,}",
                f"{migration.pending(model):,}",
                f"{migration.lacking(model).count():,}",
                "yes" if vector_indexes.exists(model) else "no",
            )
        for model in migration.unused():
            rows = MemoryIndex.objects.filter(model=model).count()
            table.add_row(model, "Unused: drop-old deletes it", "", f"{rows:,}", "", "", "")
        self.console.print(table)

    def _migrate(self, options: dict[str, Any]) -> None:
        queries = _read_queries(options["queries"])
        config = _config(options)
        embedder, old = embedder_of(config), encoders.active()
        if options["dry_run"]:
            self._try_out(embedder)
            return
        if embedder.model != old.model:
            _check_key(options)
            migration.begin(config=config, api_key_variable=options["api_key_variable"])
        self.console.print("Waiting until every process keeps the rows of this model, too.")
        migration.settle()
        self._fill(embedder, batch=options["batch"], rate=options["rate"])
        self.console.print("Building its index, if there is none.")
        vector_indexes.ensure(embedder.model, embedder.dimensions)
        if embedder.model == old.model:
            self.console.print(f"{old.model} is the active model, and complete.")
            return
        self._report(queries or parity.sample(options["sample"]), old, embedder)
        self.console.print("Nothing has changed for readers yet: `embeddings switch` does it.")

    def _fill(self, embedder: Embedder, *, batch: int, rate: float | None) -> None:
        total = migration.lacking(embedder.model).count()
        with self._progress() as progress:
            task = progress.add_task(f"Filling {embedder.model}", total=total)
            for done in _paced(migration.fill(embedder, batch=batch), rate):
                progress.advance(task, done)

    def _report(self, queries: list[parity.Query], old: Embedder, new: Embedder) -> None:
        if not queries:
            self.console.print("There is nothing to compare the models by.")
            return
        found = []
        with self._progress() as progress:
            task = progress.add_task("Comparing", total=len(queries))
            for one in parity.compare(queries, old, new):
                found.append(one)
                progress.advance(task)
        report = parity.Report.of(found)
        correlation = "-" if report.correlation is None else f"{report.correlation:.3f}"
        self.console.print(
            f"{report.queries} questions, nearest ten of all active memories by each model, exact,"
            f" whoever may read them:\n"
            f"  in common: {report.overlap:.1%} on average,"
            f" {report.overlap_worst:.0%} or more for 19 of 20 questions\n"
            f"  rank correlation (Spearman, over what either names): {correlation}\n"
            "Different is not worse: judge a better model by your own questions (--queries)."
        )

    def _try_out(self, embedder: Embedder) -> None:
        lacking = migration.lacking(embedder.model).count()
        texts = [query.text for query in parity.sample(_TRIED)]
        if not texts:
            self.console.print("There are no memories to fill.")
            return
        embedder.embed(texts[:1])  # loads the model
        began = time.monotonic()
        embedder.embed(texts)
        speed = len(texts) / (time.monotonic() - began)
        self.console.print(
            f"{embedder.model}: {lacking:,} memories to fill, {speed:,.0f} texts/s here, so about"
            f" {lacking / speed / 60:,.0f} minutes without --rate;"
            f" {lacking * 2 * embedder.dimensions / 2**20:,.0f} MiB of vectors."
            " Nothing was written."
        )

    def _switch(self, options: dict[str, Any]) -> None:
        change = migration.switch if options["step"] == "switch" else migration.rollback
        row = change(pending_allowed=options["allow_pending"])
        self.console.print(
            f"{row.model} answers now; running processes follow within"
            f" {encoders.REMEMBERED:g} seconds. The model before it is kept current."
        )

    def _drop(self, options: dict[str, Any]) -> None:
        active = encoders.active().model
        question = f"Delete all vectors but those of {active}? There is no way back. [y/N] "
        if not options["yes"] and input(question).strip().casefold() != "y":
            raise CommandError("Nothing was deleted.")
        migration.settle()  # nobody still asks with an older model
        migration.unregister()
        migration.settle()  # nobody still writes its rows
        for model in migration.unused():
            total = MemoryIndex.objects.filter(model=model).count()
            with self._progress() as progress:
                task = progress.add_task(f"Deleting {model}", total=total)
                for done in migration.sweep(model):
                    progress.advance(task, done)
        self.console.print(f"Only {active} is kept.")

    def _progress(self) -> Progress:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.speed:,.0f}/s" if self.console.is_terminal else ""),
            TimeRemainingColumn(),
        )
        return Progress(*columns, console=self.console)


def _add_migrate(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--to", required=True, help=f"as EMBEDDING_MODEL names it: {LOCAL_MODEL} or a LiteLLM name")
    add("--compute", default=None, help="of the bundled model: int8 or float32")
    add("--dimensions", type=_positive, default=None, help="length of a remote model's vectors")
    add("--api-base", default=None, help="address of a remote model's server")
    add(
        "--api-key-variable",
        default="EMBEDDING_API_KEY",
        help="variable with its key, in the environment of web and worker, too",
    )
    add("--languages", default="", help="comma-separated languages the model is meant for")
    add("--rate", type=_positive, default=None, help="texts per second at most")
    add("--batch", type=_positive, default=64, help="texts at once (default 64)")
    add("--sample", type=_whole, default=200, help="stored texts to compare by (default 200)")
    add("--queries", type=Path, default=None, help="compare by this file instead, one a line")
    add("--dry-run", action="store_true", help="say what would be done and how long it takes")


def _config(options: dict[str, Any]) -> EmbeddingSettings:
    current = EmbeddingSettings.current()
    same = current.model == options["to"]
    languages = frozenset(filter(None, options["languages"].split(",")))
    config = EmbeddingSettings(
        model=options["to"],
        compute=options["compute"] or current.compute,
        var_dir=settings.VAR_DIR,
        api_base=options["api_base"] or (current.api_base if same else None),
        api_key=encoders.key_of(options["api_key_variable"]),
        dimensions=options["dimensions"] or (current.dimensions if same else None),
        languages=languages or (current.languages if same else frozenset()),
    )
    if problem := config.problem():
        raise CommandError(problem.replace("EMBEDDING_DIMENSIONS", "--dimensions"))
    return config


def _check_key(options: dict[str, Any]) -> None:
    """The key of one service must not go to another by oversight."""
    row = EmbeddingModel.objects.filter(role=EmbeddingRole.ACTIVE).first()
    active = row.name if row else settings.EMBEDDING_MODEL
    base = row.api_base if row else settings.EMBEDDING_API_BASE
    remote = "/" in active and "/" in options["to"]
    elsewhere = (active.partition("/")[0], base or "") != (
        options["to"].partition("/")[0],
        options["api_base"] or "",
    )
    variable = row.api_key_variable if row else "EMBEDDING_API_KEY"
    if remote and elsewhere and variable == options["api_key_variable"]:
        raise CommandError(
            f"{variable} is the key of {active}, which is another service. Put the new key into"
            " another variable and name it with --api-key-variable."
        )


def _read_queries(path: Path | None) -> list[parity.Query]:
    if path is None:
        return []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"--queries: {path} cannot be read as UTF-8 text.") from error
    found = [parity.Query(line.strip()) for line in lines if line.strip()]
    if not found:
        raise CommandError(f"--queries: {path} has no questions.")
    return found


def _paced(batches: Iterator[int], rate: float | None) -> Iterator[int]:
    """The batches, no faster than `rate` texts per second."""
    began, total = time.monotonic(), 0
    for done in batches:
        total += done
        yield done
        if rate:
            time.sleep(max(0.0, began + total / rate - time.monotonic()))


def _positive(value: str) -> int:
    number = _whole(value)
    if number < 1:
        raise ArgumentTypeError("must be 1 or more")
    return number


def _whole(value: str) -> int:
    try:
        number = int(value.removesuffix("/s"))
    except ValueError as error:
        raise ArgumentTypeError(f"{value!r} is not a whole number") from error
    if number < 0:
        raise ArgumentTypeError("must not be negative")
    return number
