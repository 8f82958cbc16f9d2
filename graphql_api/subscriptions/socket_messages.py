"""The messages of a WebSocket: read with care, sent with a limit to patience."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from typing import Any

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived, WebSocketDisconnected

from graphql_api.limits import check_strings
from graphql_api.subscriptions.patience import SEND_WITHIN

_MAX_ID = 100


class SocketMessages:
    """What strawberry's handler of the protocol needs of a connection.

    ``dropped`` is set when the reader takes nothing more: whoever serves the connection then ends it.
    """

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self.dropped = asyncio.Event()

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:
        """Errors: NonTextMessageReceived, NonJsonMessageReceived, also for one that is not of the protocol."""
        while self._socket.application_state is not WebSocketState.DISCONNECTED:
            try:
                text = await self._socket.receive_text()
            except KeyError as error:
                raise NonTextMessageReceived from error
            except WebSocketDisconnect:
                return
            yield _checked(text)

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Errors: WebSocketDisconnected."""
        try:
            async with asyncio.timeout(SEND_WITHIN):
                await self._socket.send_text(orjson.dumps(message).decode())
        except TimeoutError:
            self.dropped.set()
            raise WebSocketDisconnected from None
        except (WebSocketDisconnect, RuntimeError, OSError) as error:
            raise WebSocketDisconnected from error

    async def close(self, code: int, reason: str) -> None:
        with suppress(WebSocketDisconnect, RuntimeError, OSError, TimeoutError):
            async with asyncio.timeout(SEND_WITHIN):
                await self._socket.close(code, reason)


def _checked(text: str) -> dict[str, Any]:
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise NonJsonMessageReceived from error
    if not _is_of_the_protocol(message):
        raise NonJsonMessageReceived
    return message  # type: ignore[no-any-return]  # it was looked at


def _is_of_the_protocol(message: object) -> bool:
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return False
    kind, payload = message["type"], message.get("payload")
    if kind in ("subscribe", "complete"):
        id_ = message.get("id")
        if not isinstance(id_, str) or not 0 < len(id_) <= _MAX_ID:
            return False
    if kind == "connection_init":
        return payload is None or isinstance(payload, dict)
    return kind != "subscribe" or _is_operation(payload)


def _is_operation(payload: object) -> bool:
    """Whether its members are of their types; what is missing is told by a message of the operation's own."""
    if not isinstance(payload, dict):
        return False
    types = {"query": str, "documentId": str, "operationName": str, "variables": dict, "extensions": dict}
    if any(not isinstance(payload.get(name), type_ | None) for name, type_ in types.items()):
        return False
    variables = payload.get("variables")
    return not variables or check_strings(variables) is None
