"""``rushcart schema``: the schema as a file that clients and reviews can read."""

import difflib
import json
import sys
from pathlib import Path

import click

_FILE = click.Path(dir_okay=False, path_type=Path)


def exported(*, federation: bool = False) -> str:
    """Returns the schema in SDL, as the code has it; or as a subgraph has it."""
    from graphql_api.schema import build_schema

    return build_schema(federation=federation).as_str().rstrip() + "\n"


def exported_possible_types() -> str:
    """Returns the members of every union and interface, as Apollo Client's ``possibleTypes`` wants them."""
    from graphql import is_abstract_type

    from graphql_api.schema import build_schema

    known = build_schema()._schema
    abstract = (type_ for type_ in known.type_map.values() if is_abstract_type(type_))
    members = {type_.name: sorted(member.name for member in known.get_possible_types(type_)) for type_ in abstract}
    return json.dumps(members, indent=2, sort_keys=True) + "\n"


@click.group()
def schema() -> None:
    """Export the GraphQL schema, or check the exported file."""


_POSSIBLE_TYPES = click.option(
    "--possible-types",
    is_flag=True,
    help="Not the schema, but which types each union and interface has, in JSON, for Apollo Client's cache.",
)
_FEDERATION = click.option(
    "--federation", is_flag=True, help="As a subgraph of Apollo Federation, for whoever composes it with others."
)


def _wanted(*, possible_types: bool, federation: bool) -> str:
    if possible_types and federation:
        raise click.UsageError("--possible-types are the same with --federation.")
    return exported_possible_types() if possible_types else exported(federation=federation)


@schema.command()
@click.option("--output", "-o", type=_FILE, help="File to write; standard output when left out.")
@_POSSIBLE_TYPES
@_FEDERATION
def export(output: Path | None, *, possible_types: bool, federation: bool) -> None:
    """Write the schema in SDL."""
    text = _wanted(possible_types=possible_types, federation=federation)
    if output is None:
        click.echo(text, nl=False)
        return
    output.write_text(text, encoding="utf-8")
    click.echo(f"Wrote {output}.", err=True)


@schema.command()
@click.option("--file", "-f", "file", type=_FILE, help="schema.graphql, or possible-types.json, when left out.")
@_POSSIBLE_TYPES
@_FEDERATION
def check(file: Path | None, *, possible_types: bool, federation: bool) -> None:
    """Fail when the file is not what the code exports."""
    file = file or Path("possible-types.json" if possible_types else "schema.graphql")
    there = file.read_text(encoding="utf-8") if file.exists() else ""
    wanted = _wanted(possible_types=possible_types, federation=federation)
    if there == wanted:
        click.echo(f"{file} is up to date.")
        return
    difference = difflib.unified_diff(
        there.splitlines(), wanted.splitlines(), str(file), "the code's schema", lineterm=""
    )
    click.echo("\n".join(difference), err=True)
    option = "--possible-types " if possible_types else "--federation " if federation else ""
    click.echo(f"\n{file} is out of date. Run: rushcart schema export {option}--output {file}", err=True)
    sys.exit(1)
