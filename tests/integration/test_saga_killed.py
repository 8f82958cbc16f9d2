"""kill -9 in the middle of many checkouts: another process goes on, and each customer has one order."""

import asyncio
import os
import sys
from collections import Counter
from uuid import UUID

from sqlalchemy import select, update

from chaos.environment import variables
from infra.ids import new_id
from infra.runtime import Infra
from models import Order, OrderStatus, Saga, SagaState
from services.cart.add_item import Wish, add_item
from services.cart.change_cart import read_cart
from services.cart.rules import Owner
from services.checkout.checkout import Checkout, checkout
from services.checkout.steps import PLANS
from services.reconcile.reconcile import reconcile
from services.saga.list_sagas import list_sagas
from services.saga.resume_sagas import resume_sagas
from tests.commands import rushcart
from tests.factories import stock_of, variant_in_stock
from tests.waiting import until

BUYERS, UNITS = 40, 2
SHOP = """
import asyncio, sys
from uuid import UUID
from infra.runtime import open_infra
from settings import Settings
from services.checkout.checkout import Checkout, checkout
from services.shared.errors import TryAgain

async def buy(infra, customer):
    while True:
        try:
            await checkout(infra, Checkout(customer, "key"))
        except TryAgain:
            await asyncio.sleep(0.05)
        else:
            print("told", customer, flush=True)
            return

async def main():
    async with open_infra(Settings()) as infra:
        waiting = asyncio.Semaphore(8)
        async def one(customer):
            async with waiting:
                await buy(infra, UUID(customer))
        await asyncio.gather(*(one(customer) for customer in sys.argv[1:]))

asyncio.run(main())
"""


async def test_processes_are_killed(infra: Infra) -> None:
    variant, buyers = await variant_in_stock(infra, on_hand=BUYERS * UNITS), [new_id() for _ in range(BUYERS)]
    for buyer in buyers:
        await add_item(infra, Owner.customer(buyer), Wish(variant.id, UNITS))
    answered: list[UUID] = []
    for turn in range(2):
        left = [buyer for buyer in buyers if buyer not in answered]
        answered += await shop_until_killed(infra, left, after=6 + turn)
    kept = {answer: await ordered(infra, answer) for answer in answered}
    under_way = len(await list_sagas(infra, PLANS))
    await resume_everything(infra)
    for buyer in buyers:
        order = await checkout(infra, Checkout(buyer, "key"))
        assert kept.get(buyer, order.id) == order.id
    print(f"{len(answered)} were answered, {under_way} were under way")
    await prove(infra, variant.sku, buyers)


async def shop_until_killed(infra: Infra, buyers: list[UUID], *, after: int) -> list[UUID]:
    """Those who were told that they have an order."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SHOP, *map(str, buyers)),
        env=os.environ | variables(infra.settings),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    told: list[UUID] = []
    while line := await process.stdout.readline():
        if line.startswith(b"told "):
            told.append(UUID(line.decode().split()[1]))
        if len(told) == after and process.returncode is None:
            process.kill()
    await process.wait()
    return told


async def ordered(infra: Infra, buyer: UUID) -> UUID:
    async with infra.database.read() as session:
        [order] = await session.scalars(select(Order.id).where(Order.customer_id == buyer))
    return order


async def resume_everything(infra: Infra) -> None:
    """As the worker does, and the command."""
    under_way = [row.id for row in await list_sagas(infra, PLANS)]
    if under_way:
        shown = await rushcart(infra, "saga", "list")
        assert shown.returncode == 0, shown.stderr
        assert under_way[0].hex in shown.stdout
        resumed = await rushcart(infra, "saga", "resume", under_way[0].hex)
        assert (resumed.returncode, resumed.stdout) == (0, f"{under_way[0].hex}  DONE\n"), resumed.stderr
    async with infra.database.write() as session:
        await session.execute(update(Saga).where(Saga.resume_at.is_not(None)).values(resume_at=infra.now()))
    await resume_sagas(infra, PLANS)
    await until(lambda: list_sagas(infra, PLANS), lambda found: not found, within=10)


async def prove(infra: Infra, sku: str, buyers: list[UUID]) -> None:
    async with infra.database.read() as session:
        rows = [(row[0], row[1]) for row in await session.execute(select(Order.customer_id, Order.status))]
        states = set(await session.scalars(select(Saga.state)))
    assert Counter(rows) == {(buyer, OrderStatus.AWAITING_PAYMENT): 1 for buyer in buyers}
    assert states == {SagaState.DONE}
    levels = await stock_of(infra, sku)
    assert (levels["available"], levels["held"]) == (0, BUYERS * UNITS)
    for buyer in buyers:
        cart = await read_cart(infra, Owner.customer(buyer))
        assert cart is not None
        assert cart.lines == ()
    assert (await reconcile(infra)).differences == []
