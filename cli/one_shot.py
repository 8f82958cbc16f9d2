"""Run one verb for a command that ends by itself."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from infra.runtime import Infra

T = TypeVar("T")


def run_once(work: "Callable[[Infra], Awaitable[T]]") -> T:
    """The verb's result. Errors: ClickException, for what the verb expects and for a store that is away."""
    from cli.runtime import open_cli_infra
    from infra.errors import StoreUnavailable
    from services.errors import ServiceError

    async def main() -> T:
        async with open_cli_infra() as infra:
            return await work(infra)

    try:
        return asyncio.run(main())
    except ServiceError as error:
        raise click.ClickException(error.message) from None
    except StoreUnavailable as error:
        raise click.ClickException(f"The {error.store} does not answer.") from None
