"""``rushcart stack``: MySQL or MariaDB, Redis and Kafka for development and tests."""

import shlex
import sys
from typing import NoReturn

import click

from infra.stack import Stack, StackError, Status
from settings import get_settings


@click.group()
def stack() -> None:
    """The three servers of the stack mode, for development and tests."""


@stack.command()
@click.option("--install", is_flag=True, help="As root on Debian or Ubuntu: apt-get what is missing.")
def up(install: bool) -> None:
    """Start what is not up yet and wait until all three answer.

    Each server is taken from where it is found first: an address in the environment, Docker Compose, this machine.
    """
    try:
        Stack.up(get_settings().home, install=install, echo=click.echo)
    except StackError as error:
        _fail(error)
    click.echo('the stack is up; to use it: eval "$(rushcart stack env)"')


@stack.command()
@click.option("--purge", is_flag=True, help="Remove the data as well.")
def down(purge: bool) -> None:
    """Stop what `stack up` started, and nothing else."""
    try:
        Stack(get_settings().home).down(purge=purge, echo=click.echo)
    except StackError as error:
        _fail(error)


@stack.command()
def env() -> None:
    """Print the settings that lead to the stack, for a shell's eval. They hold a password."""
    try:
        settings = Stack.attach(get_settings().home).env()
    except StackError as error:
        _fail(error)
    for name, value in settings.items():
        click.echo(f"export {name}={shlex.quote(value)}")


@stack.command()
def status() -> None:
    """Show each server: version, address, process. Exits with 1 when one does not answer."""
    try:
        lines = Stack(get_settings().home).status()
    except StackError as error:
        _fail(error)
    _print_table(["server", "version", "address", "process", "how", "answers"], [_row(line) for line in lines])
    if not all(line.answers for line in lines):
        sys.exit(1)


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
