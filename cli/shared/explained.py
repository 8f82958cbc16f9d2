"""One clear line, and exit code 1, for what can be foreseen, in place of a stack trace."""

from collections.abc import Iterator
from contextlib import contextmanager

import click


@contextmanager
def explained() -> Iterator[None]:
    """Explain what can go wrong, for commands that work on the stores and end by themselves."""
    from infra.embedded_valkey import EmbeddedValkeyError
    from infra.errors import StoreUnavailable
    from infra.migrations import SchemaMismatch
    from services.shared.errors import ServiceError

    try:
        yield
    except (SchemaMismatch, EmbeddedValkeyError, ServiceError) as error:
        raise click.ClickException(str(error)) from None
    except StoreUnavailable as error:
        hint = "Does a worker run, and has it read the orders?" if error.store == "event_log" else ""
        raise click.ClickException(f"{error}. {hint} Run this again later: nothing is done twice.") from None


def printable(text: str, keep: str = "") -> str:
    """Returns text for the terminal: what others wrote must not move the cursor or change colours."""
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)
