"""uvicorn, ended so that no request is cut off.

uvicorn itself closes the listening socket and every connection without an open request at once. Cut off are then
the connections that the kernel has accepted and uvicorn has not, and the requests that are on their way on a
connection just made or kept. Here those are answered first, each with ``Connection: close``.
"""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

AtOnce = Callable[[Scope, bytes | bytearray], tuple[Message, Message] | None]

_LINGER = 1.0
"""Seconds in which a connection without a request may still bring one."""
_LOOK_EVERY = 0.02


class DrainingServer(uvicorn.Server):
    """Serves one listening socket; ``should_exit`` drains and ends it."""

    def __init__(self, config: uvicorn.Config, listener: socket.socket) -> None:
        super().__init__(config)
        # The event loop closes the one that it is given.
        self._listener = listener.dup()
        self._listener.setblocking(False)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # The command has its own handlers, for the workers beside us too.
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, answer those that came, then end as uvicorn does."""
        for server in self.servers:
            server.close()
        for sock in sockets or []:
            sock.close()
        await self._accept_the_rest()
        deadline = asyncio.get_running_loop().time() + _LINGER
        while self.server_state.connections and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(_LOOK_EVERY)
        await super().shutdown()

    async def _accept_the_rest(self) -> None:
        """What waits in the kernel's queue. Between its end and the socket's are some microseconds."""
        accepted: list[socket.socket] = []
        with contextlib.suppress(BlockingIOError):
            while True:
                accepted.append(self._listener.accept()[0])
        self._listener.close()
        for connection in accepted:
            connection.setblocking(False)
            with contextlib.suppress(OSError):  # it has gone again
                await asyncio.get_running_loop().connect_accepted_socket(self._protocol, connection)

    def _protocol(self) -> asyncio.Protocol:
        # As uvicorn's startup() makes them.
        made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made


class CloseWhenStopping:
    """ASGI: from ``stop`` on, each response is the last of its connection, and says so.

    The event is ``scope["rushcart.stopping"]`` for responses that would not end by themselves.
    """

    def __init__(self, app: ASGIApp, stop: asyncio.Event) -> None:
        self._app = app
        self._stop = stop
        self._at_once: AtOnce | None = getattr(app, "at_once", None)

    def at_once(self, scope: Scope, body: bytes | bytearray) -> tuple[Message, Message] | None:
        """Returns what the app can answer without waiting; nothing more when it is the last of its connection."""
        return None if self._at_once is None or self._stop.is_set() else self._at_once(scope, body)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        def closing(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start" and self._stop.is_set():
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            return send(message)

        scope["rushcart.stopping"] = self._stop
        await self._app(scope, receive, closing)
