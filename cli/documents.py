"""``rushcart documents``: the list of documents that the shop's own clients send."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.shared.explained import printable
from cli.shared.one_shot import run_once

if TYPE_CHECKING:
    from services.document.read_manifest import BadEntry, Listed


@click.group()
def documents() -> None:
    """Documents that clients' builds list, known by their ids: RUSHCART_PERSISTED_ONLY runs no others."""


@documents.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Only say what is wrong; no store is asked.")
def load(file: Path, check: bool) -> None:
    """Put the documents of FILE on the list: what a client's build wrote.

    It may be Relay's persisted queries or graphql-codegen's persisted-documents.json (texts by their ids), or
    Apollo's persisted query manifest. All are checked against the schema; when one is wrong, it is told, and none
    is loaded. Running servers know them within seconds. Documents of before stay: clients of before send them.
    """
    from services.document.load_documents import load_documents
    from services.document.read_manifest import BadManifest, read_manifest

    try:
        listed, bad = read_manifest(file.read_bytes())
        _refuse([*bad, *_wrong(listed)], len(listed) + len(bad))
        if check:
            click.echo(f"{len(listed):,} documents are right.")
            return
        new = run_once(lambda infra: load_documents(infra, listed), migrated=True)
    except BadManifest as error:
        raise click.ClickException(f"{file}: {error}.") from None
    click.echo(f"{len(listed):,} documents loaded, {new:,} of them new.")


@documents.command("list")
def list_() -> None:
    """List them: id, bytes, when loaded, and the name of the operation."""
    from services.document.list_documents import list_documents

    for row in run_once(list_documents, migrated=True):
        size = len(row.text.encode())
        click.echo(f"{row.id}  {size:>6}  {row.loaded_at:%Y-%m-%dT%H:%MZ}  {printable(row.name)}")


@documents.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="All that are on the list.")
def remove(ids: tuple[str, ...], everything: bool) -> None:
    """Take documents off the list; running servers know it within seconds."""
    from services.document.remove_documents import remove_all_documents, remove_documents

    if everything == bool(ids):
        raise click.UsageError("Name the ids, or say --all.")
    if everything:
        click.echo(f"{run_once(remove_all_documents, migrated=True):,} documents removed.")
        return
    missing = run_once(lambda infra: remove_documents(infra, ids), migrated=True)
    if missing:
        names = ", ".join(printable(one) for one in sorted(missing))
        raise click.ClickException(f"Not on the list: {names}. Nothing was removed.")
    click.echo(f"{len(set(ids)):,} documents removed.")


def _refuse(bad: "Sequence[BadEntry]", count: int) -> None:
    for one in bad:
        click.echo(f"{printable(one.id)}: {printable(one.reason)}", err=True)
    if bad:
        wrong = len({one.id for one in bad})
        raise click.ClickException(f"{wrong:,} of {count:,} documents cannot be run. None was loaded.")


def _wrong(listed: "Sequence[Listed]") -> "Iterator[BadEntry]":
    """Yields what is wrong with texts, in the words that a client would be told."""
    from graphql_api.schema import build_schema
    from services.document.read_manifest import BadEntry
    from settings import get_settings

    settings = get_settings()
    known = build_schema(introspection=settings.introspection, federation=settings.federation).documents
    for one in listed:
        for error in known.check(one.text):
            place = f"{error.locations[0].line}:{error.locations[0].column}: " if error.locations else ""
            yield BadEntry(one.id, place + error.message)
