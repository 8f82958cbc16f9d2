"""A whole shop on a Redis Cluster: API, worker and scheduler."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis.exceptions import ResponseError

from infra.redis import RedisStore
from infra.runtime import open_infra
from settings import Settings
from tasks.jobs import Jobs
from tests.e2e import test_payments, test_subscriptions
from tests.e2e.shop import Shop
from tests.modes import ONE_MODE
from tests.redis_cluster import Cluster, redis_cluster
from tests.waiting import until

pytestmark = [ONE_MODE, pytest.mark.usefixtures("worker")]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    (tmp_path / "cluster").mkdir()
    with redis_cluster(tmp_path / "cluster") as running:
        yield running


@pytest.fixture
def settings(settings: Settings, cluster: Cluster) -> Settings:
    return settings.model_copy(update={"redis_url": SecretStr(cluster.url)})


async def test_flash_orders_are_paid(shop: Shop, settings: Settings) -> None:
    await test_payments.test_paid_on_the_sandboxs_page(shop, settings)
    staff, ada, used = await shop.staff(), await shop.customer(), set[RedisStore]()
    while len(used) < 3:
        offer = await shop.offer(staff)
        order = await shop.place(ada, offer.item_id)
        await shop.order_becomes(ada, order["id"], "AWAITING_PAYMENT")
        used.add(shop.server.infra.redis.at(f"{{{offer.sku}}}"))


async def test_what_another_process_changes_is_told(shop: Shop, settings: Settings) -> None:
    await test_subscriptions.test_what_another_process_changes_is_told(shop, settings)


async def test_jobs_are_sent_and_done(shop: Shop, settings: Settings) -> None:
    async with open_infra(settings) as infra:
        jobs = Jobs(infra)
        await jobs.schedule_expiry([infra.now() - timedelta(seconds=1)])
        queue = infra.redis.at("taskiq:jobs").client

        async def read() -> tuple[int, int]:
            with suppress(ResponseError):  # nobody listens yet
                [group] = await queue.xinfo_groups("taskiq:jobs")
                return int(group["entries-read"] or 0), int(group["pending"])
            return 0, 0

        assert await until(read, lambda found: found == (1, 0)) == (1, 0)
        await jobs.close()
