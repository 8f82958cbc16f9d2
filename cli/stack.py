"""``rushcart stack``: MySQL or MariaDB, Redis and Kafka for development and tests."""

import shlex
import sys
from typing import NoReturn

import click

from infra.stack import Nodes, Servers, Stack, StackError, Status
from settings import get_settings

_of_nodes = click.option("--nodes", is_flag=True, help="Of the stack of many nodes.")


@click.group()
def stack() -> None:
    """The servers of the stack mode, for development and tests."""


@stack.command()
@click.option("--install", is_flag=True, help="As root on Debian or Ubuntu: apt-get what is missing.")
@click.option("--nodes", is_flag=True, help="Several of each, so that one can be gone.")
def up(install: bool, nodes: bool) -> None:
    """Start what is not up yet and wait until all three answer.

    Each server is taken from where it is found first: an address in the environment, Docker Compose, this machine.

    With --nodes, all on this machine and beside the three: a primary and a replica of MariaDB, a Redis Cluster of
    three primaries with a replica each, and three Kafka brokers that keep each message three times.
    """
    home = get_settings().home
    try:
        if nodes:
            Nodes.up(home, install=install, echo=click.echo)
        else:
            Stack.up(home, install=install, echo=click.echo)
    except StackError as error:
        _fail(error)
    name = "stack of nodes" if nodes else "stack"
    click.echo(f'the {name} is up; to use it: eval "$(rushcart stack env{" --nodes" if nodes else ""})"')


@stack.command()
@click.option("--purge", is_flag=True, help="Remove the data as well.")
def down(purge: bool) -> None:
    """Stop what `stack up` started, with --nodes or without, and nothing else."""
    home = get_settings().home
    try:
        for servers in (Stack(home), Nodes(home)):
            servers.down(purge=purge, echo=click.echo)
    except StackError as error:
        _fail(error)


@stack.command()
@_of_nodes
def env(nodes: bool) -> None:
    """Print the settings that lead to the stack, for a shell's eval. They hold a password."""
    try:
        settings = _servers(nodes).env()
    except StackError as error:
        _fail(error)
    for name, value in settings.items():
        click.echo(f"export {name}={shlex.quote(value)}")


@stack.command()
@_of_nodes
def status(nodes: bool) -> None:
    """Show each server: version, address, process. Exits with 1 when one does not answer."""
    try:
        lines = _servers(nodes).status()
    except StackError as error:
        _fail(error)
    _print_table(["server", "version", "address", "process", "how", "answers"], [_row(line) for line in lines])
    if not all(line.answers for line in lines):
        sys.exit(1)


def _servers(nodes: bool) -> Servers:
    home = get_settings().home
    return Nodes(home) if nodes else Stack(home)


def _row(line: Status) -> list[str]:
    answers = "yes" if line.answers else "no"
    pid = "" if line.pid is None else str(line.pid)
    cells = [line.server, line.version, line.address, pid, line.how or "not up", answers]
    return [cell or "-" for cell in cells]


def _print_table(head: list[str], rows: list[list[str]]) -> None:
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, *rows]:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _fail(error: StackError) -> NoReturn:
    click.echo(str(error), err=True)
    sys.exit(1)
