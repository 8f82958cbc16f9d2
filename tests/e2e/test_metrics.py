"""What Prometheus is told, after a little shopping."""

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from services.monitoring.sample_shop import count_dead_letters, sample_shop
from services.monitoring.watch_stock import watch_stock
from services.shared.events import ORDER_WORKERS, ORDERS
from settings import Settings
from tests.e2e.shop import Shop
from tests.modes import ONE_MODE
from tests.server import Server
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("worker")

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def scrape(http: httpx.AsyncClient, **headers: str) -> Samples:
    answer = await http.get("/metrics", headers=headers)
    assert answer.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((name, frozenset(labels.items())), 0.0)


class Difference:
    """Metrics are the process's, and it has served before."""

    def __init__(self, http: httpx.AsyncClient, before: Samples) -> None:
        self._http, self._before = http, before

    async def of(self, name: str, **labels: str) -> float:
        return value(await scrape(self._http), name, **labels) - value(self._before, name, **labels)


@pytest.fixture
async def more(server: Server) -> Difference:
    return Difference(server.http, await scrape(server.http))


@pytest.mark.parametrize("accept", ["text/plain", "application/openmetrics-text; version=1.0.0"])
@ONE_MODE
async def test_no_series_tells_when_another_began(shop: Shop, accept: str) -> None:
    await shop.server.graphql("{ me { id } }")
    lines = (await shop.server.http.get("/metrics", headers={"accept": accept})).text.splitlines()
    assert [line for line in lines if line.startswith("rushcart_requests_total{")]
    assert [line for line in lines if line.partition("{")[0].endswith("_created")] == []


async def test_orders_and_refusals_are_counted(shop: Shop, more: Difference) -> None:
    staff, ada = await shop.staff(), await shop.customer()
    offer = await shop.offer(staff, quantity=1, on_hand=5)
    order = await shop.place(ada, offer.item_id)
    await shop.order_becomes(ada, order["id"], "AWAITING_PAYMENT")
    eve = await shop.customer("Eve")
    assert (await shop.place(eve, offer.item_id))["__typename"] == "OutOfStock"
    await shop.server.graphql("{ payments(first: 1) { totalCount } }", token=ada.token)
    await shop.server.http.get("/nothing/like/that")
    assert await more.of("rushcart_requests_total", operation="placeFlashOrder", outcome="ok") == 2
    assert await more.of("rushcart_requests_total", operation="payments", outcome="FORBIDDEN") == 1
    assert await more.of("rushcart_request_seconds_count", operation="placeFlashOrder") == 2
    assert await more.of("rushcart_refusals_total", operation="placeFlashOrder", code="OUT_OF_STOCK") == 1
    assert await more.of("rushcart_reservations_total", outcome="reserved") == 1
    assert await more.of("rushcart_reservations_total", outcome="out") == 1
    assert await more.of("rushcart_persist_batch_orders_count") == 1
    assert await more.of("rushcart_http_responses_total", route="other", status="404") == 1
    assert await more.of("rushcart_event_loop_lag_seconds_count") > 0


@ONE_MODE
async def test_a_clients_words_are_no_labels(server: Server) -> None:
    """An operation's name, and fields under other names, are what anybody likes."""
    query = "query SomeNameOfMyOwn { ofMineOne: me { id } ofMineTwo: me { id } }"
    assert (await server.graphql(query))["data"] == {"ofMineOne": None, "ofMineTwo": None}
    await server.graphql("query AlsoMine { me { id } products(first: 1) { totalCount } }")
    text = (await server.http.get("/metrics")).text
    assert not any(word in text for word in ("SomeNameOfMyOwn", "AlsoMine", "ofMine"))
    assert 'operation="several"' in text


@ONE_MODE
async def test_the_shop_as_a_whole(shop: Shop) -> None:
    staff, ada = await shop.staff(), await shop.customer()
    offer = await shop.offer(staff)
    for _ in range(2):
        order = await shop.place(ada, offer.item_id)
        await shop.order_becomes(ada, order["id"], "AWAITING_PAYMENT")
    infra = shop.server.infra
    marker = await infra.events.end(ORDERS)  # what is handled is committed a moment later
    await until(lambda: infra.events.has_read(ORDERS, ORDER_WORKERS, marker), bool)
    await sample_shop(infra)
    await count_dead_letters(infra)
    await watch_stock(infra)
    seen = await scrape(shop.server.http)
    assert value(seen, "rushcart_orders", status="awaiting_payment") == 2
    assert value(seen, "rushcart_orders", status="paid") == 0
    assert value(seen, "rushcart_oldest_overdue_order_seconds") == 0
    assert value(seen, "rushcart_log_lag_messages", topic="orders.v1", group="rushcart.orders") == 0
    assert value(seen, "rushcart_dead_letters", topic="orders.v1.dlq") == 0
    assert value(seen, "rushcart_stock_differences") == 0
    assert value(seen, "rushcart_stock_reconciled_timestamp_seconds") > 0


@ONE_MODE
async def test_who_asks_for_it_gets_openmetrics(server: Server) -> None:
    answer = await server.http.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


class TestWithAToken:
    @pytest.fixture
    async def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"metrics_token": SecretStr("seen-by-prometheus")})

    async def test_others_see_nothing(self, server: Server) -> None:
        for given in ("", "Bearer no", "Bearer \u00e9", "seen-by-prometheus"):
            answer = await server.http.get("/metrics", headers=[(b"authorization", given.encode())])
            assert (answer.status_code, answer.content) == (401, b"")
        assert await scrape(server.http, authorization="Bearer seen-by-prometheus")
