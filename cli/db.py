"""``rushcart db``: the database's schema."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click

_FAILED, _MISMATCH = 1, 3
_CODES = """

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the schema is not the one this Rushcart needs.
"""


@click.group(help="Create, change and check the database's schema." + _CODES)
def db() -> None:
    pass


@db.command()
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Migrate up to REVISION (the newest by default).

    Safe to run from several machines at once: one migrates, the others wait and find it done. Then the index is
    brought in line with the products that a Rushcart of before wrote, so that they are found.
    """
    from infra import migrations
    from settings import get_settings

    with _reported():
        _say(migrations.upgrade(get_settings(), revision), f"Nothing to do at {migrations.where(get_settings())}.")
        if migrations.current(get_settings()) == migrations.own_revision():
            from cli.search import fill_index

            if indexed := fill_index(get_settings(), stale=True):
                click.echo(f"{indexed} products indexed.")


@db.command(context_settings={"ignore_unknown_options": True})
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Migrate down to REVISION: an id, -1 (one step) or base (no tables). Data of dropped columns is lost."""
    from infra import migrations
    from settings import get_settings

    with _reported():
        _say(migrations.downgrade(get_settings(), revision), "Nothing to do.")


@db.command()
def current() -> None:
    """Show the database's revision and this Rushcart's own. Exits with 3 when a server would not start."""
    from infra import migrations
    from settings import get_settings

    with _reported():
        settings = get_settings()
        found, own = migrations.current(settings), migrations.own_revision()
        click.echo(f"database {found or 'none'}\nrushcart {own}\naddress  {migrations.where(settings)}")
        if found != own:
            raise migrations.SchemaMismatch(found, own, migrations.where(settings))


@db.command()
def check() -> None:
    """Compare the tables with the code's models. Exits with 3 and a line for each difference."""
    from infra import migrations
    from settings import get_settings

    with _reported():
        differences = migrations.check(get_settings())
    for line in differences:
        click.echo(line)
    if differences:
        sys.exit(_MISMATCH)
    click.echo("No difference.")


@db.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def lint(files: tuple[Path, ...]) -> None:
    """Look for migrations that servers of the release before would not survive: all, or FILES.

    Exits with 3 and a line for each problem.
    """
    from infra.migration_lint import lint_migration
    from infra.migrations import migration_files

    paths = files or migration_files()
    problems = [line for path in paths for line in lint_migration(path)]
    for line in problems:
        click.echo(line)
    if problems:
        sys.exit(_MISMATCH)
    click.echo(f"{len(paths)} migrations, no problem.")


@db.command()
@click.option("--yes", is_flag=True, help="Needed: every table and all its data is dropped.")
def reset(yes: bool) -> None:
    """Drop every table, then migrate up."""
    from infra import migrations
    from settings import get_settings

    with _reported():
        address = migrations.where(get_settings())
        if not yes:
            raise click.UsageError(f"This drops every table of {address}. Say so with --yes.")
        migrations.reset(get_settings())
        click.echo(f"Reset: {address} is empty and at {migrations.own_revision()}.")


def _say(passed: list[str], nothing: str) -> None:
    click.echo("\n".join(f"Now at {revision}." for revision in passed) or nothing)


@contextmanager
def _reported() -> Iterator[None]:
    """One clear line for what can be foreseen, in place of a stack trace."""
    from infra.errors import StoreUnavailable
    from infra.migrations import MigrationFailed, SchemaMismatch

    try:
        yield
    except SchemaMismatch as error:
        _stop(str(error), _MISMATCH)
    except (MigrationFailed, StoreUnavailable) as error:
        _stop(str(error), _FAILED)


def _stop(message: str, code: int) -> NoReturn:
    click.echo(f"Error: {message}", err=True)
    sys.exit(code)
