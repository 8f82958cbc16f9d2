"""One flash order, from the request to its cancellation, as one trace at an OTLP receiver."""

from collections import Counter
from collections.abc import AsyncIterator
from os import urandom
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from sqlalchemy import make_url

from infra.stack.probes import probe
from infra.telemetry.tracing import span, tracing
from settings import Settings
from tests.collector import Collector, Seen, collecting
from tests.e2e.shop import PLACE, Shop, new_key
from tests.modes import ONE_MODE
from tests.server import Server, serve
from tests.waiting import until

_SERVER, _CLIENT, _PRODUCER, _CONSUMER = 2, 3, 4, 5
SECRET: Final = "a-key-that-nobody-should-see"


@pytest.fixture
async def collector(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Collector]:
    async with collecting() as running:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", running.url)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        yield running


@pytest.fixture
async def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"payment_timeout": 1.0})


@pytest.fixture
async def server(settings: Settings, collector: Collector) -> AsyncIterator[Server]:
    with tracing("test"):
        async with serve(settings, worker=True) as running:
            yield running


async def traced(shop: Shop, traceparent: str, query: str, variables: dict[str, Any], token: str) -> Any:
    headers = {"authorization": f"Bearer {token}", "traceparent": traceparent}
    body = {"query": query, "variables": variables}
    return (await shop.server.http.post("/graphql", json=body, headers=headers)).json()


def one(spans: list[Seen], name: str, kind: int | None = None) -> Seen:
    [found] = [span for span in spans if span.name == name and kind in (None, span.kind)]
    return found


async def spans_of_an_order(server: Server, collector: Collector, caller: str) -> list[Seen]:
    """Of one flash order, from the request until it has expired."""
    shop = Shop(server)
    staff, ada = await shop.staff(), await shop.customer()
    offer = await shop.offer(staff)
    trace = urandom(16).hex()
    wish = {"itemId": offer.item_id, "quantity": 1, "idempotencyKey": f"{SECRET}{new_key()}"}
    answer = await traced(shop, f"00-{trace}-{caller}-01", PLACE, {"input": wish}, ada.token)
    order = answer["data"]["placeFlashOrder"]
    await shop.order_becomes(ada, order["id"], "EXPIRED")

    async def seen() -> list[Seen]:
        return collector.trace(trace)

    return await until(seen, lambda found: any(span.name == "order expire" for span in found))


async def test_a_flash_order_is_one_trace(server: Server, collector: Collector) -> None:
    caller = urandom(8).hex()
    spans = await spans_of_an_order(server, collector, caller)
    topic = f"{server.infra.settings.kafka_prefix}orders.v1"
    request = one(spans, "POST /graphql", _SERVER)
    assert request.parent == caller
    operation = one(spans, "mutation placeFlashOrder")
    assert operation.parent == request.id
    script = one(spans, "redis script reserve")
    assert script.parent == operation.id
    assert "EVALSHA" in {span.name for span in spans if span.parent == script.id}
    send = one(spans, f"send {topic}", _PRODUCER)
    assert send.parent == operation.id
    process = one(spans, f"process {topic}", _CONSUMER)
    assert process.parent == send.id
    inserts = [span for span in spans if span.name.startswith("INSERT") and span.kind == _CLIENT]
    assert inserts
    assert {span.parent for span in inserts} == {process.id}
    expire = one(spans, "order expire", _CONSUMER)
    assert expire.parent in {span.id for span in spans}
    # Redis does not know a script before it was sent once.
    assert {span.name for span in spans if span.is_error} <= {"EVALSHA"}


async def test_spans_speak_the_semantic_conventions(server: Server, collector: Collector) -> None:
    """By their newest names; what Jaeger's and Tempo's service graphs draw is who is asked."""
    spans = await spans_of_an_order(server, collector, urandom(8).hex())
    settings = server.infra.settings
    topic = f"{settings.kafka_prefix}orders.v1"
    assert one(spans, "POST /graphql", _SERVER).attributes == {
        "http.request.method": "POST",
        "http.route": "/graphql",
        "http.response.status_code": 200,
        "network.protocol.version": "1.1",
        "url.scheme": "http",
        "url.path": "/graphql",
    }
    assert one(spans, "mutation placeFlashOrder").attributes == {
        "graphql.operation.type": "mutation",
        "graphql.operation.name": "Place",
    }
    log = "redis" if settings.embedded else "kafka"
    message = {
        "messaging.system": log,
        "messaging.destination.name": topic,
        "peer.service": log,
        "service.peer.name": log,
    }
    sent = {"messaging.operation.name": "send", "messaging.operation.type": "send"}
    assert one(spans, f"send {topic}").attributes == message | sent
    assert one(spans, f"process {topic}").attributes == message | {
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.consumer.group.name": "rushcart.orders",
    }
    script = one(spans, "redis script reserve")
    evaluated = next(span for span in spans if span.parent == script.id and span.name == "EVALSHA")
    redis = _server(settings.redis_dsn) | {
        "db.system.name": "redis",
        "db.namespace": "0" if settings.embedded else urlsplit(settings.redis_dsn).path.strip("/") or "0",
        "peer.service": "redis",
        "service.peer.name": "redis",
    }
    digest = evaluated.attributes["db.stored_procedure.name"]
    assert evaluated.attributes == redis | {"db.operation.name": "EVALSHA", "db.stored_procedure.name": digest}
    assert len(str(digest)) == 40
    inserted = next(span for span in spans if span.name.startswith("INSERT") and span.kind == _CLIENT)
    statement = str(inserted.attributes["db.query.text"])
    assert statement.startswith("INSERT INTO ")
    url = make_url(settings.database_dsn)
    if settings.embedded:
        assert inserted.name == "INSERT"
        own: dict[str, str | int] = {"db.system.name": "sqlite", "db.namespace": "rushcart.db"}
    else:
        assert inserted.name == f"INSERT {url.database}"
        kind = probe("database", settings.database_dsn).partition(" ")[0].lower()
        own = {"db.system.name": kind, "peer.service": kind, "service.peer.name": kind}
        own |= {"db.namespace": str(url.database), **_server(settings.database_dsn)}
    assert inserted.attributes == own | {"db.operation.name": "INSERT", "db.query.text": statement}


def _server(address: str) -> dict[str, str | int]:
    parts = urlsplit(address)
    if parts.hostname is None:
        return {"server.address": parts.path}  # a socket of this machine
    return {"server.address": str(parts.hostname), "server.port": int(parts.port or 0)}


async def test_what_a_library_sends_to_redis_is_described_too(server: Server, collector: Collector) -> None:
    redis = server.infra.redis.client
    with span("work"):
        await redis.get("one")
        async with redis.pipeline(transaction=False) as pipeline:
            pipeline.get("one")
            pipeline.get("two")
            await pipeline.execute()
        async with redis.pipeline(transaction=False) as pipeline:
            pipeline.get("one")
            pipeline.exists("two")
            await pipeline.execute()
        await server.infra.redis.execute(("GET", "one"), ("EXISTS", "two"))

    async def seen() -> list[Seen]:
        return [span for span in collector.spans if span.name == "work"]

    [work] = await until(seen, bool)
    calls = [span for span in collector.trace(work.trace) if span.parent == work.id]
    told = [
        (span.name, span.attributes["db.operation.name"], span.attributes.get("db.operation.batch.size"))
        for span in calls
    ]
    assert Counter(told) == {
        ("GET", "GET", None): 1,
        ("PIPELINE GET", "PIPELINE GET", 2): 1,
        ("PIPELINE", "PIPELINE", 2): 2,
    }
    for call in calls:
        assert (call.attributes["db.system.name"], call.attributes["peer.service"]) == ("redis", "redis")
        assert "db.system" not in call.attributes


@ONE_MODE
async def test_a_route_is_named_without_what_varies(server: Server, collector: Collector) -> None:
    trace = urandom(16).hex()
    headers = {"traceparent": f"00-{trace}-{urandom(8).hex()}-01"}
    for path in ("/media/nothing", "/nowhere", "/graphiql-assets/nothing"):
        await server.http.get(path, headers=headers)
    await server.http.request("PROPFIND", "/healthz", headers=headers)

    async def seen() -> list[Seen]:
        return [span for span in collector.trace(trace) if span.kind == _SERVER]

    found = await until(seen, lambda spans: len(spans) == 4)
    assert {(span.name, span.attributes.get("http.route")) for span in found} == {
        ("GET /media/{name}", "/media/{name}"),
        ("GET", None),
        ("GET /graphiql-assets/{name}", "/graphiql-assets/{name}"),
        ("HTTP /healthz", "/healthz"),
    }
    [other] = [span for span in found if span.name.startswith("HTTP")]
    assert other.attributes["http.request.method"] == "_OTHER"


@ONE_MODE
async def test_nothing_of_a_client_is_in_spans(server: Server, collector: Collector) -> None:
    shop = Shop(server)
    ada = await shop.customer()
    trace = urandom(16).hex()
    wish = {"itemId": "nothing", "quantity": 1, "idempotencyKey": SECRET}
    await traced(shop, f"00-{trace}-{urandom(8).hex()}-01", PLACE, {"input": wish}, ada.token)

    async def seen() -> list[Seen]:
        return collector.trace(trace)

    await until(seen, lambda found: any(span.kind == _SERVER for span in found))
    sent = b"".join(collector.raw)
    for word in (SECRET.encode(), ada.token.encode(), ada.email.encode(), b"correct horse"):
        assert word not in sent


async def test_a_loop_that_looks_for_work_is_no_trace(server: Server, collector: Collector) -> None:
    """Every trace begins with a request or a message."""
    shop = Shop(server)
    await shop.customer()

    async def seen() -> list[Seen]:
        return [span for span in collector.spans if span.kind == _SERVER]

    await until(seen, bool)
    assert [span for span in collector.spans if not span.parent and span.kind == _CLIENT] == []


@ONE_MODE
async def test_metrics_have_exemplars(server: Server, collector: Collector) -> None:
    shop = Shop(server)
    ada = await shop.customer()
    trace = urandom(16).hex()
    await traced(shop, f"00-{trace}-{urandom(8).hex()}-01", "{ me { id } }", {}, ada.token)
    accept = {"accept": "application/openmetrics-text; version=1.0.0"}
    text = (await server.http.get("/metrics", headers=accept)).text
    assert [line for line in text.splitlines() if 'operation="me"' in line and f'trace_id="{trace}"' in line]


class TestFields:
    @pytest.fixture
    async def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"trace_fields": True})

    @ONE_MODE
    async def test_spans_of_fields_on_demand(self, server: Server, collector: Collector) -> None:
        shop = Shop(server)
        ada = await shop.customer()
        trace = urandom(16).hex()
        query = "{ me { id orders(first: 1) { totalCount } } }"
        await traced(shop, f"00-{trace}-{urandom(8).hex()}-01", query, {}, ada.token)

        async def seen() -> list[Seen]:
            return collector.trace(trace)

        spans = await until(seen, lambda found: any(span.kind == _SERVER for span in found))
        names = {span.name: span for span in spans}
        assert names["Query.me"].parent == names["query me"].id
        assert "User.orders" in names
