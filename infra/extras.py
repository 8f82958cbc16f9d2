"""What is installed only where it is wanted, e.g. ``pip install 'rushcart[images]'``."""

from collections.abc import Iterator
from contextlib import contextmanager

from settings.errors import BadSetting


class MissingExtra(BadSetting):
    """It is wanted, and not installed."""


@contextmanager
def extra(name: str, *modules: str, wanted_for: str) -> Iterator[None]:
    """Around the imports from ``modules``. Errors: MissingExtra when one is not there, with what to do."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if not any(missing == module or missing.startswith(f"{module}.") for module in modules):
            raise
        raise MissingExtra(f"{wanted_for}: pip install 'rushcart[{name}]' first") from error
