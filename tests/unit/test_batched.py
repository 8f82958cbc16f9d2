import asyncio
from collections.abc import Mapping
from typing import Any, cast

from dataloaders.batched import Batched
from infra.runtime import Infra


async def test_a_field_that_is_cancelled_takes_the_value_from_nobody() -> None:
    asked: list[list[int]] = []
    gate = asyncio.Event()

    async def read(_infra: Infra, keys: list[int]) -> Mapping[int, str]:
        asked.append(keys)
        await gate.wait()
        return {1: "one"}

    async def field(key: int) -> str:
        return await loader.load(key)

    loader: Batched[int, str] = Batched(cast(Any, None), read, "missing")
    cancelled, other, alone = (asyncio.create_task(field(key)) for key in (1, 1, 2))
    while not asked:
        await asyncio.sleep(0)
    cancelled.cancel()
    alone.cancel()
    gate.set()
    async with asyncio.timeout(5):
        assert await other == "one"
        ended = await asyncio.gather(cancelled, alone, return_exceptions=True)
    assert [type(error) for error in ended] == [asyncio.CancelledError] * 2
    assert (await loader.load(1), await loader.load(2)) == ("one", "missing")
    assert asked == [[1, 2]]
