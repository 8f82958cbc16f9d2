"""``rushcart dlq``: dead letters, the messages that could not be handled."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from cli.shared.explained import printable
from cli.shared.one_shot import run_once
from services.shared.events import TOPICS

if TYPE_CHECKING:
    from infra.runtime import Infra
    from services.dead_letters.list_dead_letters import DeadLetter

_WIDTH_OF_A_FILE: Final = 300
_CODES = """

    Exit codes: 0 done, 1 failed (no such dead letter, a store is away), 2 wrong usage.
"""


@click.group(help="Look at dead letters, the messages that could not be handled, and replay them." + _CODES)
def dlq() -> None:
    pass


@dlq.command("list")
@click.option("--topic", type=click.Choice(TOPICS), help="Only those of this topic.")
def list_(topic: str | None) -> None:
    """List dead letters, oldest first: id, topic, time, reason, key, and when it was replayed."""
    from services.dead_letters.list_dead_letters import MOST, list_dead_letters

    topics = (topic,) if topic else TOPICS
    letters = run_once(lambda infra: list_dead_letters(infra, topics))
    if not letters:
        click.echo("There are no dead letters.")
        return
    _show_table(letters)
    if len(letters) >= MOST:
        click.echo(f"Of a topic, the oldest {MOST} are shown.")


@dlq.command()
@click.argument("letter_id", metavar="ID")
def show(letter_id: str) -> None:
    """Show the dead letter ID: where it comes from, why it is here, its headers and its body."""
    from services.dead_letters.list_dead_letters import find_dead_letters

    [letter] = run_once(lambda infra: find_dead_letters(infra, [letter_id]))
    facts = {
        "id": letter.id,
        "source": letter.source,
        "time": letter.time,
        "reason": letter.reason,
        "key": letter.key,
        "replayed": letter.replayed_at or "no",
        **{f"header {name}": text for name, text in sorted(letter.headers.items())},
    }
    for name, text in facts.items():
        click.echo(f"{printable(name)}: {printable(text)}")
    click.echo(f"\n{_body(letter.value)}")


@dlq.command()
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every dead letter that was not replayed yet.")
def replay(ids: tuple[str, ...], everything: bool) -> None:
    """Publish the messages of these dead letters to their topics again.

    Do so when the cause is mended: what still cannot be handled comes back as a new dead letter. A message that
    was handled already does nothing more, so replaying one twice is harmless.
    """
    if everything == bool(ids):
        raise click.UsageError("Give either one or more IDs or --all.")
    run_once(lambda infra: _replay(infra, ids))


async def _replay(infra: "Infra", ids: Sequence[str]) -> None:
    from services.dead_letters.list_dead_letters import find_dead_letters, list_dead_letters
    from services.dead_letters.list_dead_letters import replay as replay_letter

    if ids:
        letters = await find_dead_letters(infra, ids)
    else:
        letters = [letter for letter in await list_dead_letters(infra) if letter.replayed_at is None]
    for letter in letters:
        await replay_letter(infra, letter)
        click.echo(f"{letter.id} is in {letter.topic} again")
    click.echo(f"{len(letters)} replayed")


def _show_table(letters: "Sequence[DeadLetter]") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for column in ("id", "topic", "time", "reason", "key", "replayed"):
        # An id that is cut off cannot be copied.
        table.add_column(column, no_wrap=column == "id", overflow="fold")
    for letter in letters:
        replayed = f"yes, {letter.replayed_at}" if letter.replayed_at else "no"
        cells = (letter.id, letter.topic, letter.time, letter.reason, letter.key, replayed)
        table.add_row(*(Text(printable(cell)) for cell in cells))
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH_OF_A_FILE)
    console.print(table)


def _body(value: bytes) -> str:
    """JSON in lines, or whatever it is as text, with what cannot be printed escaped."""
    try:
        text = json.dumps(json.loads(value), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = value.decode(errors="backslashreplace")
    return printable(text, keep="\n")
