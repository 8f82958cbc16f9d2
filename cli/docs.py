"""``rushcart docs``: the parts of the documents that are made from the code, so that they stay true."""

import re
from pathlib import Path

import click


@click.group()
def docs() -> None:
    """Make the generated parts of the documents."""


@docs.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 when FILE is not up to date.")
def write(file: Path, check: bool) -> None:
    """Fill FILE's generated parts: what stands between `<!-- NAME -->` and `<!-- /NAME -->`.

    NAME is settings, commands, loops or order-states.
    """
    old = file.read_text(encoding="utf-8")
    new = render(old)
    if check and new != old:
        raise click.ClickException(f"{file} is not up to date: run `rushcart docs write {file}`")
    if new != old:
        file.write_text(new, encoding="utf-8")


@docs.command()
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write it here.")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 when the file is not up to date.")
def asyncapi(output: Path | None, check: bool) -> None:
    """Export the events in AsyncAPI 3.1, as JSON."""
    import orjson

    from services.shared.asyncapi import asyncapi as document

    text = orjson.dumps(document(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    if output is None:
        click.echo(text.decode(), nl=False)
    elif not check:
        output.write_bytes(text)
    elif not output.exists() or output.read_bytes() != text:
        raise click.ClickException(f"{output} is not up to date: run `rushcart docs asyncapi --output {output}`")


def render(text: str) -> str:
    """Returns the text with its generated parts made anew."""
    parts = {"settings": settings, "commands": commands, "loops": loops, "order-states": order_states}
    for name, make in parts.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text = pattern.sub(lambda match, make=make: f"{match[1]}{make()}{match[2]}", text)  # type: ignore[misc]
    return text


def settings() -> str:
    from settings.settings import fields

    rows = ["| variable | default | meaning |", "| --- | --- | --- |"]
    for name, field in fields():
        default = "" if field.default is None else f"`{field.default}`"
        rows.append(f"| `RUSHCART_{name.upper()}` | {default} | {field.description or ''} |")
    return "\n".join(rows) + "\n"


def commands() -> str:
    from cli.main import COMMANDS

    rows = ["| command | what it does |", "| --- | --- |"]
    rows += [f"| `rushcart {name}` | {COMMANDS[name][2]} |" for name in sorted(COMMANDS)]
    return "\n".join(rows) + "\n"


def loops() -> str:
    from tasks.worker_loops import table

    rows = ["| loop | again after | run by | what it does |", "| --- | --- | --- | --- |"]
    rows += [f"| {' | '.join((f'`{name}`', period, run_by, what))} |" for name, period, run_by, what in table()]
    return "\n".join(rows) + "\n"


def order_states() -> str:
    from services.shared.order_states import TRANSITIONS, is_final

    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> ACCEPTED"]
    for source, targets in TRANSITIONS.items():
        lines += [f"    {source} --> {target}" for target in sorted(targets)]
    lines += [f"    {status} --> [*]" for status in TRANSITIONS if is_final(status)]
    return "\n".join([*lines, "```"]) + "\n"
