"""Which Rushcart this is."""

from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed


@cache
def version() -> str:
    try:
        return installed("rushcart")
    except PackageNotFoundError:
        return "unknown"
