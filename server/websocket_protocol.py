"""uvicorn's WebSockets, which can be cut off, are answered whatever they begin with, and are read."""

import asyncio
from asyncio.transports import BaseTransport
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from server.connections import Connections, SlowReader


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """Gives the app ``extensions["rushcart.abort"]``: to close a connection whose reader takes nothing more
    needs the transport, as ``websocket.close`` is written behind what waits already."""

    def __init__(
        self,
        limits: Connections,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = limits
        self._reader: SlowReader
        self._looking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self._reader = SlowReader(self.transport, self._limits)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._looking is not None:
            self._looking.cancel()
        self._limits.count(len(self.connections))

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            # The library has written its refusal, e.g. of a line over 8 KiB, and uvicorn does not look.
            self.handshake_initiated = True
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    async def run_asgi(self) -> None:
        extensions: dict[str, object] = self.scope["extensions"]  # type: ignore[assignment]
        extensions["rushcart.abort"] = self.transport.abort
        await super().run_asgi()

    def _look(self) -> None:
        if self._reader.is_stuck():
            self._limits.note("slow_reader")
            self.transport.abort()
        else:
            self._looking = self.loop.call_later(self._limits.look_every, self._look)
