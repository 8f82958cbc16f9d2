"""``rushcart bench sign-in``: how much a crowd that signs in slows those who buy."""

import click

from cli.shared.in_a_clone import in_a_clone


@click.command(name="sign-in")
@click.option(
    "--people", default=600, show_default=True, help="Who sign in at once, each from an address of theirs."
)
@click.option("--rounds", default=3, show_default=True, help="Times that they do, with buyers alone before each.")
@click.option("--seconds", default=4.0, show_default=True, help="Seconds of buying in each half of a round.")
def sign_in(people: int, rounds: int, seconds: float) -> None:
    """Flash orders alone, and the same while a crowd signs in.

    Starts MySQL/MariaDB, Redis and Kafka in a temporary folder, or uses those of the settings, which must be
    empty; then `rushcart serve`. Who is told to try again does so when they were told to. Exits with 1 when the
    buyers' p99 is more than doubled.
    """
    from rich.console import Console
    from rich.table import Table

    with in_a_clone("benchmarks"):
        from benchmarks.checkout import at
        from benchmarks.processes import ProcessFailed
        from benchmarks.sign_in import AIM, Options, run_benchmark
    from infra.stack import StackError

    try:
        found = run_benchmark(Options(people, rounds, seconds), click.echo)
    except (StackError, ProcessFailed) as error:
        raise click.ClickException(str(error)) from error
    table = Table(title="Flash orders", title_justify="left")
    for name in ("buyers", "per s", "p50 ms", "p99 ms", "worst ms"):
        table.add_column(name, justify="left" if name == "buyers" else "right")
    for name, one in (("alone", found.alone), (f"while {people} sign in", found.beside)):
        table.add_row(name, f"{one.per_second:,.0f}", *(f"{one.ms(share):,.1f}" for share in (0.5, 0.99, 1.0)))
    Console().print(table)
    crowd = found.crowd
    waited = [at(crowd.signed_in, share) for share in (0.5, 0.99)] if crowd.signed_in else [0.0, 0.0]
    click.echo(
        f"p99 ratio {found.ratio:.2f}; {len(crowd.signed_in):,} signed in, after {waited[0]:.1f} s (p50) and "
        f"{waited[1]:.1f} s (p99), told to try again {len(crowd.refusals):,} times, {crowd.gave_up:,} gave up"
    )
    if found.ratio > AIM:
        raise click.exceptions.Exit(1)
