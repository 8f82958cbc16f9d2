"""The barrier around a saga's steps, and sagas that lose their process or are refused at each of their steps."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from infra.ids import new_id
from infra.runtime import Infra
from models import IdempotencyKey, Order, OrderStatus, Saga, SagaState
from services.cart.add_item import Wish, add_item
from services.cart.change_cart import read_cart
from services.cart.rules import Owner
from services.checkout import checkout as verb
from services.checkout.checkout import Checkout, checkout
from services.checkout.steps import CHECKOUT, PLANS
from services.order.find_orders import find_order
from services.reconcile.reconcile import reconcile
from services.saga import run_saga as runner
from services.saga.list_sagas import find_saga, list_sagas
from services.saga.plan import Job, Step
from services.saga.resume_sagas import forget_sagas, resume_sagas
from services.saga.run_saga import act, look, run_saga, undo
from services.shared.errors import OutOfStock
from tests.books import outbox_types
from tests.factories import stock_of, variant_in_stock

STEPS = tuple(step.name for step in CHECKOUT.steps)


class Counted:
    """A step that counts, in memory: what a transaction that is void did is counted too."""

    def __init__(self) -> None:
        self.done: list[str] = []

    async def act(self, *_: Any) -> None:
        self.done.append("act")

    async def undo(self, *_: Any) -> None:
        self.done.append("undo")

    @property
    def step(self) -> Step:
        return Step("counted", self.act, self.undo)


async def through(infra: Infra, what: Any, step: Step, job: Job) -> bool:
    done: bool = await infra.database.transact(lambda session: what(session, step, job, infra.now()))
    return done


@pytest.mark.parametrize(
    ("calls", "passed"),
    [
        pytest.param([act, act, act], ["act"], id="duplicate-act"),
        pytest.param([act, undo, undo], ["act", "undo"], id="duplicate-undo"),
        pytest.param([undo, undo], [], id="null-compensation"),
        pytest.param([undo, act, undo, act], [], id="hanging-act"),
        pytest.param([act, undo, act], ["act", "undo"], id="act-again-after-undo"),
    ],
)
async def test_the_barrier(infra: Infra, calls: list[Any], passed: list[str]) -> None:
    counted, job = Counted(), Job(new_id(), new_id(), {})
    answers = [await through(infra, call, counted.step, job) for call in calls]
    assert counted.done == passed
    assert answers.count(True) == len(passed)


async def test_act_and_undo_at_once_end_in_both_or_neither(infra: Infra) -> None:
    for _ in range(5):
        counted, job = Counted(), Job(new_id(), new_id(), {})
        calls = (through(infra, what, counted.step, job) for what in (act, undo, act, undo))
        await asyncio.gather(*calls)
        assert counted.done in (["act", "undo"], [])
        assert not await through(infra, act, counted.step, job)


class _Killed(BaseException):
    """The process is no more."""


@pytest.fixture
def step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is where a saga's steps are in several databases, and as other versions have left them."""
    monkeypatch.setitem(PLANS, "checkout", replace(CHECKOUT, whole=None))


async def a_cart(infra: Infra, quantity: int = 2) -> tuple[UUID, str]:
    """A customer with one line in the cart, and its SKU: 10 are in stock."""
    customer, variant = new_id(), await variant_in_stock(infra, on_hand=10)
    await add_item(infra, Owner.customer(customer), Wish(variant.id, quantity))
    return customer, variant.sku


def kill_before(monkeypatch: pytest.MonkeyPatch, name: str, *, after_commit: bool = False) -> None:
    """Whoever comes to this step dies: before it is committed, or right after."""
    honest = runner._advance

    async def advance(infra: Infra, at: runner.At) -> None:
        here = at.plan.names()[at.step] == name
        if here and not after_commit:
            raise _Killed
        await honest(infra, at)
        if here:
            raise _Killed

    monkeypatch.setattr(runner, "_advance", advance)


async def only_saga(infra: Infra) -> UUID:
    [found] = await list_sagas(infra, PLANS)
    return found.id


async def make_due(infra: Infra) -> None:
    async with infra.database.write() as session:
        await session.execute(update(Saga).where(Saga.resume_at.is_not(None)).values(resume_at=infra.now()))


@pytest.mark.parametrize("after_commit", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", CHECKOUT.names())
@pytest.mark.usefixtures("step_by_step")
async def test_another_process_goes_on(
    infra: Infra, monkeypatch: pytest.MonkeyPatch, name: str, after_commit: bool
) -> None:
    customer, sku = await a_cart(infra)
    with monkeypatch.context() as patch:
        kill_before(patch, name, after_commit=after_commit)
        with pytest.raises(_Killed):
            await checkout(infra, wish := Checkout(customer, "key"))
    ended = (name, after_commit) == (CHECKOUT.names()[-1], True)
    if not ended:
        saga_id = await only_saga(infra)
        assert await resume_sagas(infra, PLANS) == 0  # somebody may still be at it
        await make_due(infra)
        assert sum(await asyncio.gather(resume_sagas(infra, PLANS), resume_sagas(infra, PLANS))) == 1
        assert (await look(infra, PLANS, saga_id)).state == SagaState.DONE
    order = await checkout(infra, wish)
    assert order.status == OrderStatus.AWAITING_PAYMENT
    assert [event.status for event in order.history] == [OrderStatus.ACCEPTED, OrderStatus.AWAITING_PAYMENT]
    levels = await stock_of(infra, sku)
    assert (levels["available"], levels["held"]) == (8, 2)
    cart = await read_cart(infra, Owner.customer(customer))
    assert cart is not None
    assert cart.lines == ()
    assert (await outbox_types(infra, "orders.v1")).count("rushcart.order.accepted.v1") == 1
    assert (await reconcile(infra)).differences == []
    async with infra.database.read() as session:
        row = await session.get_one(Saga, order.id)
        assert (row.state, row.claim, row.data, row.resume_at) == (SagaState.DONE, None, {}, None)


async def test_what_was_placed_whole_is_kept_at_once(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who placed it dies before the cart is emptied."""
    customer, sku = await a_cart(infra)
    with monkeypatch.context() as patch:
        kill_before(patch, "cart")
        with pytest.raises(_Killed):
            await checkout(infra, wish := Checkout(customer, "key"))
    saga = await find_saga(infra, PLANS, await only_saga(infra))
    assert saga is not None
    assert (saga.state, saga.at) == (SagaState.RUNNING, "cart")
    assert set(saga.passed) >= {(name, "act", "act") for name in ("stock", "order", "payment")}
    order = await find_order(infra, saga.id, customer)
    assert order is not None
    assert (order.status, (await stock_of(infra, sku))["held"]) == (OrderStatus.AWAITING_PAYMENT, 2)
    assert await checkout(infra, wish) == order
    cart = await read_cart(infra, Owner.customer(customer))
    assert (cart.lines if cart else None, await list_sagas(infra, PLANS)) == ((), [])
    assert (await reconcile(infra)).differences == []


@pytest.mark.parametrize("refusing", range(3))
@pytest.mark.parametrize("dies", [False, True], ids=["lives", "dies"])
@pytest.mark.usefixtures("step_by_step")
async def test_what_is_refused_is_undone(
    infra: Infra, monkeypatch: pytest.MonkeyPatch, refusing: int, dies: bool
) -> None:
    """At each step that may refuse; also when the process dies on the way back."""
    customer, sku = await a_cart(infra)
    step = CHECKOUT.steps[refusing]

    async def refuse(session: Any, job: Job, now: Any) -> None:
        await step.act(session, job, now)  # its transaction is void
        raise OutOfStock(sku, 0)

    steps = (*CHECKOUT.steps[:refusing], replace(step, act=refuse), *CHECKOUT.steps[refusing + 1 :])
    with monkeypatch.context() as patch:
        patch.setitem(PLANS, "checkout", replace(CHECKOUT, steps=steps, whole=None))
        if dies:
            patch.setattr(runner, "_undo_one", _die)
        with pytest.raises(_Killed if dies else OutOfStock):
            await checkout(infra, wish := Checkout(customer, "key"))
        if dies:
            [waiting] = await list_sagas(infra, PLANS)
            assert (waiting.state, waiting.at) == (SagaState.UNDOING, f"undo {step.name}")
            assert waiting.failure == f"OUT_OF_STOCK: {sku} is sold out."
    if dies:
        await make_due(infra)
        assert await resume_sagas(infra, PLANS) == 1
    assert await list_sagas(infra, PLANS) == []
    [ended] = await list_sagas(infra, PLANS, ended=True)
    assert ended.state == SagaState.UNDONE
    assert (await stock_of(infra, sku))["available"] == 10
    async with infra.database.read() as session:
        assert await session.scalar(select(Order.status).where(Order.id == ended.id)) is None
        assert (await session.scalars(select(IdempotencyKey))).all() == []
    assert (await reconcile(infra)).differences == []
    # The cart is as it was, and so is the key.
    order = await checkout(infra, wish)
    assert (order.status, order.lines[0].quantity) == (OrderStatus.AWAITING_PAYMENT, 2)


async def _die(*_: Any) -> None:
    raise _Killed


@pytest.mark.usefixtures("step_by_step")
async def test_an_order_is_rejected_when_it_cannot_be_kept(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> None:
    """No step after it refuses today; its undo is there for the one that will."""
    customer, sku = await a_cart(infra)

    async def refuse(*_: Any) -> None:
        raise OutOfStock(sku, 0)

    steps = (*CHECKOUT.steps[:3], Step("late", refuse, _nothing), *CHECKOUT.steps[3:])
    monkeypatch.setitem(PLANS, "checkout", replace(CHECKOUT, steps=steps, whole=None))
    with pytest.raises(OutOfStock):
        await checkout(infra, Checkout(customer, "key"))
    [ended] = await list_sagas(infra, PLANS, ended=True)
    async with infra.database.read() as session:
        assert await session.scalar(select(Order.status).where(Order.id == ended.id)) == OrderStatus.REJECTED
    assert (await stock_of(infra, sku))["available"] == 10
    shown = await find_saga(infra, PLANS, ended.id)
    assert shown is not None
    assert set(shown.passed) >= {("late", "act", "undo"), ("order", "undo", "undo"), ("stock", "undo", "undo")}
    assert (await outbox_types(infra, "orders.v1")).count("rushcart.order.rejected.v1") == 1


async def _nothing(*_: Any) -> None: ...


@pytest.mark.usefixtures("step_by_step")
async def test_many_processes_run_one_saga(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, sku = await a_cart(infra)
    with monkeypatch.context() as patch:
        kill_before(patch, "stock")
        with pytest.raises(_Killed):
            await checkout(infra, Checkout(customer, "key"))
    saga_id = await only_saga(infra)
    assert await asyncio.gather(*(run_saga(infra, PLANS, saga_id) for _ in range(5))) == [SagaState.DONE] * 5
    assert (await stock_of(infra, sku))["held"] == 2


@pytest.mark.usefixtures("step_by_step")
async def test_one_that_cannot_be_helped_keeps_nobody_waiting(
    infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    (broken, _), (other, _) = await a_cart(infra), await a_cart(infra)
    with monkeypatch.context() as patch:
        kill_before(patch, "stock")
        for customer in (broken, other):
            with pytest.raises(_Killed):
                await checkout(infra, Checkout(customer, "key"))
    async with infra.database.write() as session:
        nonsense = update(Saga).where(Saga.owner_id == broken).values(data={"nothing": "here"})
        await session.execute(nonsense)
    await make_due(infra)
    before = infra.now()
    assert await resume_sagas(infra, PLANS) == 1
    [left] = await list_sagas(infra, PLANS)
    assert (left.owner_id, left.attempts, left.state) == (broken, 1, SagaState.RUNNING)
    assert left.resume_at is not None
    assert left.resume_at >= before + timedelta(seconds=9)
    assert await forget_sagas(infra) == 0


async def test_old_ones_are_forgotten_and_their_keys_still_answer(infra: Infra) -> None:
    customer, _ = await a_cart(infra)
    order = await checkout(infra, wish := Checkout(customer, "key"))
    async with infra.database.write() as session:
        await session.execute(update(Saga).values(updated_at=infra.now() - timedelta(days=31)))
    assert await forget_sagas(infra) == 1
    assert await verb.checkout(infra, wish) == order
