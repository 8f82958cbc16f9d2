"""A connection that the server ends as soon as it is made has failed: httpx says so on asyncio's own loop alone.

On uvloop such a transport has no socket any more, and anyio 4.16 fails with an AttributeError when httpcore asks.
"""

from typing import Any

import httpcore
from httpcore._backends.anyio import AnyIOStream


def tell_of_ended_connections() -> None:
    """From now on, in this process."""
    ask = AnyIOStream.get_extra_info

    def get_extra_info(stream: AnyIOStream, info: str) -> Any:
        try:
            return ask(stream, info)
        except AttributeError as error:
            raise httpcore.ReadError("the connection has ended") from error

    AnyIOStream.get_extra_info = get_extra_info  # type: ignore[assignment, method-assign]
