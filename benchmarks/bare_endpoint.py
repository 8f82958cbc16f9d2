"""The measure of the GraphQL server: the same orders over plain JSON, in a Starlette app under the same uvicorn.

Two routes answer ``{"itemId": UUID, "quantity": n, "idempotencyKey": "..."}``:

``/plain``  the Redis commands and the event that an order cannot do without - reserve, claim, publish with
            acknowledgement, remember - written straight on redis-py and aiokafka
``/verb``   ``services.order.place_flash_order``: all that the GraphQL server does, without GraphQL
"""

import asyncio
import socket
from uuid import UUID

import orjson
from aiokafka import AIOKafkaProducer
from redis.asyncio import BlockingConnectionPool, Redis, RedisCluster
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra import garbage
from infra.clock import from_millis
from infra.ids import new_id, spoken_number
from infra.runtime import Infra, open_infra
from models.order_document import LineSnapshot, OrderSnapshot
from server.http_server import bind, serve_http
from server.runtime import run_until_stopped
from services.flash_sale.find_items import find_item
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.reservation import keys
from services.reservation.keys import ItemKeys, accepted_key, claim_key, price_text
from services.reservation.reserve import CLAIM_SECONDS
from services.session.access_tokens import AccessTokens, InvalidToken
from services.shared.errors import ServiceError
from services.shared.event import encode
from services.shared.events import ORDERS, OrderPlaced
from services.shared.fingerprint import fingerprint
from services.shared.viewer import Viewer
from settings import get_settings

_CONNECTIONS = 64
_LINGER_MS = 2


class BareEndpoint:
    def __init__(self, infra: Infra, redis: Redis | RedisCluster, producer: AIOKafkaProducer) -> None:
        self._infra = infra
        self._tokens = AccessTokens.from_settings(infra.settings, infra.now)
        self._redis = redis
        self._producer = producer
        self._reserve = redis.register_script(keys.SCRIPTS["reserve"].text)

    async def plain(self, request: Request) -> Response:
        viewer = self._viewer(request)
        wish = orjson.loads(await request.body())
        item = await find_item(self._infra, UUID(wish["itemId"]))
        line = LineSnapshot(item.sku, item.variant_id, item.id, item.title, wish["quantity"], item.price)
        order = OrderSnapshot(
            id=new_id(),
            customer_id=viewer.user_id,
            idempotency_key=wish["idempotencyKey"],
            fingerprint=fingerprint("placeFlashOrder", item.id.hex, wish["quantity"], None),
            currency=item.currency,
            payment_timeout_ms=round(self._infra.settings.orders.payment_timeout * 1000),
            lines=(line,),
            placed_at=from_millis(0),
        )
        reply = await self._run_reserve(order, line)
        if reply[0] == b"OUT":
            return _json({"code": "OUT_OF_STOCK", "available": int(reply[1])})
        if reply[0] != b"RESERVED":
            return _json({"code": reply[0].decode()})
        order = order.placed(from_millis(int(reply[2])), int(reply[3]))
        await self._redis.set(
            claim_key(order.customer_id, order.idempotency_key.encode().hex()),
            order.fingerprint,
            nx=True,
            get=True,
            ex=CLAIM_SECONDS,
        )
        event = encode(OrderPlaced(order), order.placed_at)
        topic = self._infra.settings.kafka_prefix + ORDERS
        await self._producer.send_and_wait(topic, event, key=order.id.hex.encode())
        await self._remember(order, line)
        return _accepted(spoken_number(order.id), order.id)

    async def _run_reserve(self, order: OrderSnapshot, line: LineSnapshot) -> list[bytes]:
        assert line.flash_sale_item_id is not None
        keys = ItemKeys.of(line.sku, line.flash_sale_item_id)
        replies: list[list[bytes]] = await self._reserve(
            keys=[keys.item, keys.buyers, keys.requests, keys.pending, keys.open],
            args=[
                self._infra.redis.at(keys.item).run_id,
                order.customer_id.hex,
                order.idempotency_key.encode().hex(),
                order.fingerprint,
                order.id.hex,
                line.quantity,
                orjson.dumps(order.to_json()),
                price_text(line.unit_price, order.currency),
                "",  # the item's own terms
            ],
        )
        return replies[0]

    async def _remember(self, order: OrderSnapshot, line: LineSnapshot) -> None:
        assert line.flash_sale_item_id is not None
        key = accepted_key(order.customer_id)
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.hset(key, order.id.hex, f"{line.flash_sale_item_id.hex}|{line.sku}")
        pipeline.expire(key, CLAIM_SECONDS)
        of = ItemKeys.of(line.sku, line.flash_sale_item_id)
        field = f"{order.customer_id.hex}:{order.idempotency_key.encode().hex()}"
        epoch = order.lines[0].epoch
        # A cluster's pipeline takes no script of the library's own kind.
        pipeline.execute_command(
            "EVALSHA",
            keys.SCRIPTS["accept"].sha,
            4,
            *(of.item, of.requests, of.pending, of.open),
            *(self._infra.redis.at(of.item).run_id, epoch, order.id.hex, field),
        )
        await pipeline.execute()

    async def verb(self, request: Request) -> Response:
        viewer = self._viewer(request)
        wish = orjson.loads(await request.body())
        order = FlashOrder(viewer.user_id, UUID(wish["itemId"]), wish["quantity"], wish["idempotencyKey"])
        try:
            view = await place_flash_order(self._infra, order)
        except ServiceError as error:
            return _json({"code": error.code, "message": error.message})
        return _accepted(view.number, view.id)

    def _viewer(self, request: Request) -> Viewer:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise InvalidToken("no token")
        return self._tokens.verify(token)


def _accepted(number: str, order_id: UUID) -> Response:
    return _json({"id": order_id.hex, "number": number, "status": "ACCEPTED"})


def _json(content: dict[str, object]) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")


def _connect(dsn: str) -> Redis | RedisCluster:
    if "+cluster" in dsn:
        first = dsn.replace("+cluster", "", 1).partition(",")[0]
        return RedisCluster.from_url(first, max_connections=_CONNECTIONS, socket_timeout=5)
    return Redis.from_pool(BlockingConnectionPool.from_url(dsn, max_connections=_CONNECTIONS, socket_timeout=5))


async def _main(listener: socket.socket, stop: asyncio.Event) -> None:
    settings = get_settings()
    async with open_infra(settings) as infra:
        await infra.redis.ping()
        redis = _connect(settings.redis_dsn)
        await redis.script_load(keys.SCRIPTS["accept"].text)
        producer = AIOKafkaProducer(
            bootstrap_servers=settings.kafka_bootstrap_servers, enable_idempotence=True, linger_ms=_LINGER_MS
        )
        await producer.start()
        bare = BareEndpoint(infra, redis, producer)
        routes = [Route(f"/{call.__name__}", call, methods=["POST"]) for call in (bare.plain, bare.verb)]
        garbage.settle()
        await serve_http(Starlette(routes=routes), listener, stop, settings)
        await producer.stop()
        await redis.aclose()


def main() -> None:
    settings = get_settings()
    listener = bind(settings)
    run_until_stopped(settings, "bare", lambda stop: _main(listener, stop))


if __name__ == "__main__":
    main()
