"""Commands whose work is done by folders of the clone that are not part of the package."""

from collections.abc import Iterator
from contextlib import contextmanager

import click


@contextmanager
def in_a_clone(folder: str) -> Iterator[None]:
    """Import from ``folder`` in the block. Errors: ClickException when it is not there."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != folder:
            raise
        raise click.ClickException(f"{folder}/ is not part of the package: run this in a clone.") from error
