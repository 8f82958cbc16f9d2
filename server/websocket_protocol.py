"""uvicorn's WebSockets, which can be cut off."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """Gives the app ``extensions["rushcart.abort"]``: to close a connection whose reader takes nothing more
    needs the transport, as ``websocket.close`` is written behind what waits already."""

    async def run_asgi(self) -> None:
        extensions: dict[str, object] = self.scope["extensions"]  # type: ignore[assignment]
        extensions["rushcart.abort"] = self.transport.abort
        await super().run_asgi()
