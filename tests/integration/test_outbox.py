"""The outbox: what was committed is published, at least once and oldest first; what fails is tried again."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from infra.clock import utc_now
from infra.cloudevents import decode
from infra.errors import StoreUnavailable
from infra.ports import free_port
from infra.runtime import Infra, open_infra
from models import OutboxMessage
from services.shared import outbox
from services.shared.events import ORDERS, OrderCancelled, OrderPaid
from services.shared.outbox import relay_outbox
from services.shared.tell import tell
from settings import Settings
from tests.modes import MODES

ON_STACK = pytest.mark.parametrize("mode", MODES[1:], indirect=True)


async def commit(infra: Infra, count: int, start: int = 0) -> list[str]:
    """Events in the outbox; their keys in order."""
    keys = [f"{number:032x}" for number in range(start, start + count)]
    async with infra.database.write() as session:
        await tell(session, infra.now(), *(OrderCancelled(UUID(key), ()) for key in keys))
    return keys


async def waiting(infra: Infra) -> int:
    async with infra.database.read() as session:
        return int(await session.scalar(select(func.count()).select_from(OutboxMessage)) or 0)


async def published(infra: Infra) -> list[str]:
    return [message.key for message in await infra.events.read_all(ORDERS, 10_000)]


async def test_everything_is_published_once_and_is_gone(infra: Infra) -> None:
    keys = await commit(infra, outbox.BATCH + 30)
    counts = [await relay_outbox(infra) for _ in range(3)]
    assert counts == [outbox.BATCH, 30, 0]
    assert await waiting(infra) == 0
    found = await infra.events.read_all(ORDERS, 1000)
    assert sorted(message.key for message in found) == keys
    if infra.settings.embedded:
        assert [message.key for message in found] == keys
    assert decode(found[0].value).type == OrderCancelled.type


async def test_relays_at_once_publish_each_message_once(infra: Infra) -> None:
    keys = await commit(infra, 3 * outbox.BATCH)
    done = sum(await asyncio.gather(*(relay_outbox(infra) for _ in range(4))))
    while more := await relay_outbox(infra):  # rows that one had locked, the others passed over
        done += more
    assert done == len(keys)
    assert await waiting(infra) == 0
    assert sorted(await published(infra)) == keys


async def test_what_was_rolled_back_is_never_published(infra: Infra) -> None:
    async def fails() -> None:
        async with infra.database.write() as session:
            await tell(session, infra.now(), OrderPaid(UUID(int=1)))
            raise RuntimeError("of the business")

    await infra.events.publish(ORDERS, "before", b"1")
    with pytest.raises(RuntimeError, match="of the business"):
        await fails()
    assert await relay_outbox(infra) == 0
    assert await published(infra) == ["before"]


async def test_a_relay_that_died_leaves_its_messages_to_another_after_its_lease(infra: Infra) -> None:
    keys = await commit(infra, 3)
    claimed = await infra.database.transact(lambda session: outbox._claim(session, infra))
    assert [message.key for message in claimed] == keys
    assert await relay_outbox(infra) == 0  # still another's
    assert await waiting(infra) == 3
    await _age(infra, [message.id for message in claimed])
    assert await relay_outbox(infra) == 3
    assert sorted(await published(infra)) == keys


async def _age(infra: Infra, ids: list[UUID]) -> None:
    async with infra.database.write() as session:
        past = utc_now() - timedelta(seconds=1)
        await session.execute(update(OutboxMessage).where(OutboxMessage.id.in_(ids)).values(claimed_until=past))


@ON_STACK
async def test_without_the_log_nothing_is_lost(
    settings: Settings, infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = await commit(infra, 5)
    away = settings.model_copy(update={"kafka_bootstrap_servers": f"127.0.0.1:{free_port()}"})
    monkeypatch.setattr(outbox, "_PATIENCE", 0.3)
    async with open_infra(away) as cut_off:
        with pytest.raises(StoreUnavailable):
            await relay_outbox(cut_off)
    assert await waiting(infra) == 5
    async with infra.database.write() as session:
        await session.execute(update(OutboxMessage).values(claimed_until=None))
    assert await relay_outbox(infra) == 5
    assert sorted(await published(infra)) == keys
