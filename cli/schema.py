"""``rushcart schema``: the schema as a file that clients and reviews can read."""

import difflib
import sys
from pathlib import Path

import click

_FILE = click.Path(dir_okay=False, path_type=Path)


def exported() -> str:
    """Returns the schema in SDL, as the code has it."""
    from graphql_api.schema import build_schema

    return build_schema().as_str().rstrip() + "\n"


@click.group()
def schema() -> None:
    """Export the GraphQL schema, or check the exported file."""


@schema.command()
@click.option("--output", "-o", type=_FILE, help="File to write; standard output when left out.")
def export(output: Path | None) -> None:
    """Write the schema in SDL."""
    if output is None:
        click.echo(exported(), nl=False)
        return
    output.write_text(exported(), encoding="utf-8")
    click.echo(f"Wrote {output}.", err=True)


@schema.command()
@click.option("--file", "-f", "file", type=_FILE, default=Path("schema.graphql"), show_default=True)
def check(file: Path) -> None:
    """Fail when the file is not what the code exports."""
    there = file.read_text(encoding="utf-8") if file.exists() else ""
    wanted = exported()
    if there == wanted:
        click.echo(f"{file} is up to date.")
        return
    difference = difflib.unified_diff(
        there.splitlines(), wanted.splitlines(), str(file), "the code's schema", lineterm=""
    )
    click.echo("\n".join(difference), err=True)
    click.echo(f"\n{file} is out of date. Run: rushcart schema export --output {file}", err=True)
    sys.exit(1)
