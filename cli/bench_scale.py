"""``rushcart bench scale``: what an order costs each part, by how many there are."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.shared.in_a_clone import in_a_clone

if TYPE_CHECKING:
    from benchmarks.scale.model import Layout

_LAYOUTS = ("1:1:1", "2:1:1", "4:1:1", "2:2:1", "2:3:1", "2:1:2", "2:1:4", "4:3:4")
_NUMBERS, _MOST = 3, 16


def _layouts(words: tuple[str, ...]) -> "list[Layout]":
    """Errors: BadParameter."""
    from benchmarks.scale.model import Layout

    layouts = []
    for word in words:
        numbers = [int(part) if part.isdecimal() else 0 for part in word.split(":")]
        if len(numbers) != _NUMBERS or not all(0 < number <= _MOST for number in numbers):
            raise click.BadParameter(f"{word} is not APIS:SHARDS:WORKERS, each from 1 to {_MOST}")
        layouts.append(Layout(*numbers))
    return layouts


@click.command()
@click.option("--seconds", default=10.0, show_default=True, help="Seconds of orders for each layout.")
@click.option("--rate", default=100.0, show_default=True, help="Orders a second for each API process.")
@click.option(
    "--layout",
    "words",
    multiple=True,
    default=_LAYOUTS,
    show_default=True,
    help="API processes, shards of Redis, workers; the others are compared with the first, and the last is "
    "foretold from all before it.",
)
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here.")
def scale(seconds: float, rate: float, words: tuple[str, ...], file: Path | None) -> None:
    """What an order costs in each part, with 1, 2, 4 API processes, 1 to 3 shards of Redis, 1 to 4 workers.

    Starts MySQL/MariaDB and Kafka in a temporary folder, or uses those of the settings, which must be empty, and a
    Redis Cluster of its own for each layout. Counted is the CPU of each process, from an order to its row, so that
    two processors can tell what many would do. Exits with 1 when a part's cost grows by more than a tenth.
    """
    import orjson
    from rich.console import Console

    with in_a_clone("benchmarks"):
        from benchmarks.scale.run import Options, run_benchmark
        from benchmarks.scale.tables import costs_table, is_linear, needs_table, ratios_table, to_json
    from benchmarks.processes import ProcessFailed
    from infra.stack import StackError

    try:
        found = run_benchmark(Options(_layouts(words), seconds, rate), click.echo)
    except (StackError, ProcessFailed) as error:
        raise click.ClickException(str(error)) from error
    console = Console()
    console.print(costs_table(found))
    console.print(ratios_table(found))
    console.print(needs_table(found))
    if file is not None:
        file.write_bytes(orjson.dumps(to_json(found), option=orjson.OPT_INDENT_2))
    if not is_linear(found):
        raise click.exceptions.Exit(1)
