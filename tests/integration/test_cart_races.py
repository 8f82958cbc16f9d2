"""Two devices change one cart at once: it ends as if they had taken turns, whatever Redis loses meanwhile."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from infra.cancellation import cancel_and_wait
from infra.ids import new_id
from infra.runtime import Infra, open_infra
from models import Variant
from models.cart_document import line_id
from services.cart import write_out
from services.cart.add_item import Wish, add_item
from services.cart.change_cart import read_cart
from services.cart.clear_cart import clear_cart
from services.cart.keys import cart_key
from services.cart.rows import load_cart
from services.cart.rules import Owner
from services.cart.select_items import select_items
from services.cart.update_item import remove_item, update_item
from services.shared.errors import NotFound, OutOfStock
from settings import Settings
from tests.factories import variant_in_stock

STOCK = 6
Line = tuple[int, bool]
State = dict[int, Line]
"""Quantity and whether it is selected, by number of the variant."""
Step = tuple[str, int, int]


@pytest.fixture
async def other(settings: Settings, infra: Infra) -> AsyncIterator[Infra]:
    """Another process, as far as stores can tell."""
    async with open_infra(settings) as opened:
        yield opened


def after(state: State, step: Step) -> State:
    """What the step makes of the cart, all by itself."""
    kind, which, number = step
    quantity, selected = state.get(which, (0, True))
    if kind == "add" and quantity + number <= STOCK:
        return {**state, which: (quantity + number, True)}
    if kind == "set" and quantity and (number <= STOCK or number <= quantity):
        return {**state, which: (number, selected)}
    if kind == "drop":
        return {key: line for key, line in state.items() if key != which}
    if kind == "mark" and quantity:
        return {**state, which: (quantity, bool(number % 2))}
    return {} if kind == "clear" else state


def orders(left: Sequence[Step], right: Sequence[Step]) -> Iterator[list[Step]]:
    """Every order in which both take turns."""
    if not left or not right:
        yield [*left, *right]
        return
    for rest in orders(left[1:], right):
        yield [left[0], *rest]
    for rest in orders(left, right[1:]):
        yield [right[0], *rest]


def outcomes(left: Sequence[Step], right: Sequence[Step]) -> list[State]:
    found: list[State] = []
    for order in orders(left, right):
        state: State = {}
        for step in order:
            state = after(state, step)
        if state not in found:
            found.append(state)
    return found


async def take(infra: Infra, owner: Owner, variants: Sequence[Variant], step: Step) -> None:
    kind, which, number = step
    variant = variants[which]
    line = line_id(owner.cart_id, variant.id)
    with suppress(NotFound, OutOfStock):
        match kind:
            case "add":
                await add_item(infra, owner, Wish(variant.id, number))
            case "set":
                await update_item(infra, owner, line, number)
            case "drop":
                await remove_item(infra, owner, line)
            case "mark":
                await select_items(infra, owner, [line], selected=bool(number % 2))
            case _:
                await clear_cart(infra, owner)


KINDS = ("add", "add", "add", "set", "drop", "mark", "clear")
STEPS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 2), st.integers(1, 4)), min_size=1, max_size=4)


@pytest.fixture
async def variants(infra: Infra) -> list[Variant]:
    return [await variant_in_stock(infra, on_hand=STOCK) for _ in range(3)]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_out, "PATIENCE", 10.0)


@examples(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(left=STEPS, right=STEPS, seed=st.integers(0, 2**16), loses=st.booleans())
async def test_it_is_as_if_they_had_taken_turns(
    infra: Infra,
    other: Infra,
    variants: list[Variant],
    left: list[Step],
    right: list[Step],
    seed: int,
    loses: bool,
) -> None:
    owner, chance = Owner.customer(new_id()), random.Random(seed)

    async def device(at: Infra, steps: Sequence[Step]) -> None:
        for step in steps:
            await asyncio.sleep(chance.choice((0.0, 0.0, 0.001, 0.004)))
            await take(at, owner, variants, step)

    async def lose() -> None:
        for _ in range(3 * loses):
            await asyncio.sleep(chance.uniform(0, 0.006))
            await infra.redis.client.delete(cart_key(owner.cart_id))

    losing = asyncio.create_task(lose())
    try:
        await asyncio.gather(device(infra, left), device(other, right))
    finally:
        await cancel_and_wait(losing)
    places = {variant.id: place for place, variant in enumerate(variants)}
    cart = await read_cart(infra, owner)
    ended = {places[line.variant_id]: (line.quantity, line.selected) for line in cart.lines} if cart else {}
    assert ended in outcomes(left, right), (ended, left, right)
    stored = await load_cart(infra, owner.cart_id)
    assert (stored.lines if stored else ()) == (cart.lines if cart else ())
