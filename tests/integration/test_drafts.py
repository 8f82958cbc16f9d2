"""Orders that staff make: drafts hold nothing, the order is as the draft said, and its customer can pay it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from infra.ids import new_id
from infra.runtime import Infra
from models import DraftOrder, MailKind, OrderStatus, User, Variant
from services.account.join_guests import join_guests
from services.account.tidy_guests import tidy_guests
from services.address.rules import AddressDraft
from services.discount.find_code import codes_by_id
from services.draft.change_draft import change_draft
from services.draft.create_draft import create_draft
from services.draft.delete_draft import DraftDeletion, delete_draft
from services.draft.list_drafts import DraftFilter, list_drafts
from services.draft.place_draft import DraftPlacing, PlacedDraft, place_draft
from services.draft.rows import find_drafts
from services.draft.rules import DraftWish, LineWish
from services.order.cancel_order import cancel_order
from services.order.find_by_link import find_by_link
from services.shared.client import NOWHERE
from services.shared.errors import (
    IdempotencyConflict,
    InvalidInput,
    InvalidTransition,
    NotFound,
    OutOfStock,
    StaleVersion,
)
from services.shared.events import OrderAccepted
from services.shared.pages import IdPage
from services.user.register import register
from tests.books import outbox_types
from tests.factories import stock_of, variant_in_stock
from tests.integration.catalog.products import statements
from tests.integration.mail.test_order_mails import the_mail
from tests.integration.money import add_customer, approve, asked, begin, deliver, refund_all_due, told
from tests.integration.test_checkout import configured
from tests.integration.test_discounts import new_code
from tests.integration.test_shipped_in_part import assert_clean, cancellation

__all__ = ["configured"]
HOME = AddressDraft("Ann", "+49 30 1234567", "Street 1", "Berlin", "DE", postal_code="10115")


def wish_of(*lines: LineWish, **more: object) -> DraftWish:
    return replace(DraftWish("EUR", lines, email="ann@example.org"), **more)  # type: ignore[arg-type]


def placing(draft_id: object, version: int = 1, hours: int = 48) -> DraftPlacing:
    return DraftPlacing(draft_id, version, hours)  # type: ignore[arg-type]


async def open_drafts(infra: Infra) -> list[UUID]:
    return [view.id for view in (await list_drafts(infra, DraftFilter(), IdPage(100))).rows]


async def two(infra: Infra) -> tuple[Variant, Variant]:
    return await variant_in_stock(infra, price=1999), await variant_in_stock(infra, price=500)


async def test_a_draft_becomes_an_order_that_a_guest_pays_by_a_link(configured: Infra) -> None:
    infra = configured
    dear, cheap = await two(infra)
    code = await new_code(infra, max_uses=1)
    lines = (LineWish(dear.id, 2, Decimal("15.00"), "A scratch."), LineWish(cheap.id, 1))
    wish = wish_of(*lines, address=HOME, shipping_method=None, discount_code="spring", note="By phone.")
    draft = await create_draft(infra, wish, asked("c"))
    assert await create_draft(infra, wish, asked("c")) == draft
    first, second = draft.document.lines
    assert (first.unit_price, first.list_price, first.reason) == (1500, 1999, "A scratch.")
    assert (second.unit_price, second.list_price, second.reason) == (500, 500, None)
    assert (draft.document.charges.subtotal, draft.total) == (3500, draft.document.charges.total)
    assert (await stock_of(infra, dear.sku))["held"] == 0
    with statements(infra) as seen:
        placed = await place_draft(infra, placing(draft.id), asked("p"))
    assert len(seen) <= 45
    order = placed.order
    assert (order.status, order.total) == (OrderStatus.AWAITING_PAYMENT, draft.total)
    assert (order.charges, order.shipping_address) == (draft.document.charges, draft.document.address)
    assert [(line.unit_price, line.quantity) for line in order.lines] == [(1500, 2), (500, 1)]
    assert order.expires_at is not None
    assert (order.expires_at - order.placed_at).total_seconds() == pytest.approx(48 * 3600, abs=1)
    assert order.history[-1].note == "By phone."
    assert [(await stock_of(infra, one.sku))["held"] for one in (dear, cheap)] == [2, 1]
    assert (await codes_by_id(infra, [code.id]))[code.id].used == 1
    assert OrderAccepted.type in await outbox_types(infra)
    mail = await the_mail(infra, MailKind.ORDER_PLACED)
    assert mail.recipient == "ann@example.org"
    again = await place_draft(infra, placing(draft.id), asked("p"))
    assert (again.order.id, again.link.url != placed.link.url) == (order.id, True)
    with pytest.raises(InvalidInput):
        await place_draft(infra, placing(draft.id, 2), asked())
    assert await open_drafts(infra) == []
    secret = urlsplit(placed.link.url).fragment.removeprefix("token=")
    found = await find_by_link(infra, secret, NOWHERE)
    assert found is not None
    assert found.id == order.id
    payment = await begin(infra, order)
    await approve(infra, payment)
    await deliver(infra, told(payment))
    assert (await cancel_order(infra, cancellation(order))).status == OrderStatus.CANCELLED
    await refund_all_due(infra)
    await assert_clean(infra)


async def test_of_two_who_change_it_one_wins_and_it_is_placed_once(infra: Infra) -> None:
    one, other = await two(infra)
    await add_customer(infra, customer := new_id())
    wish = wish_of(LineWish(one.id, 1), email=None, customer_id=customer)
    draft = await create_draft(infra, wish, asked())
    more = replace(wish, lines=(LineWish(one.id, 1), LineWish(other.id, 3)))
    both = await asyncio.gather(
        *(change_draft(infra, draft.id, 1, wished, asked()) for wished in (more, wish)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in both) == ["DraftView", "StaleVersion"]
    await change_draft(infra, draft.id, 2, more, asked())
    with pytest.raises(StaleVersion):
        await place_draft(infra, placing(draft.id, 2), asked())
    placed = await asyncio.gather(
        *(place_draft(infra, placing(draft.id, 3), asked()) for _ in range(3)), return_exceptions=True
    )
    [made] = [one for one in placed if isinstance(one, PlacedDraft)]
    assert {type(one) for one in placed} == {PlacedDraft, InvalidInput}
    assert (made.order.customer_id, made.order.total) == (customer, 1999 + 1500)
    [view] = (await find_drafts(infra, [draft.id])).values()
    assert (view.order_id, view.version) == (made.order.id, 4)
    assert [(await stock_of(infra, line.sku))["held"] for line in made.order.lines] == [1, 3]
    await assert_clean(infra)


async def test_what_was_made_of_a_draft_goes_with_it_unless_it_is_paid(configured: Infra) -> None:
    infra = configured
    one, _ = await two(infra)
    code = await new_code(infra, max_uses=1)
    wish = wish_of(LineWish(one.id, 2), discount_code="spring")
    draft = await create_draft(infra, wish, asked())
    with pytest.raises(StaleVersion):
        await delete_draft(infra, DraftDeletion(draft.id, 2), asked())
    with pytest.raises(InvalidInput):
        await delete_draft(infra, DraftDeletion(draft.id, 1, "x" * 501), asked())
    placed = await place_draft(infra, placing(draft.id), asked())
    for _ in range(2):
        await delete_draft(infra, DraftDeletion(draft.id, 2, "A mistake."), asked("d"))
    order = await cancel_order(infra, cancellation(placed.order))
    assert (order.status, order.history[-1].note) == (OrderStatus.CANCELLED, "A mistake.")
    assert (await stock_of(infra, one.sku))["held"] == 0
    assert (await codes_by_id(infra, [code.id]))[code.id].used == 0
    secret = urlsplit(placed.link.url).fragment.removeprefix("token=")
    assert await find_by_link(infra, secret, NOWHERE) is None
    assert await find_drafts(infra, [draft.id]) == {}
    with pytest.raises(NotFound):
        await delete_draft(infra, DraftDeletion(draft.id, 2), asked())
    paid = await create_draft(infra, wish, asked())
    order = (await place_draft(infra, placing(paid.id), asked())).order
    payment = await begin(infra, order)
    await approve(infra, payment)
    await deliver(infra, told(payment))
    with pytest.raises(InvalidTransition):
        await delete_draft(infra, DraftDeletion(paid.id, 2), asked())
    assert await open_drafts(infra) == []
    assert (await find_drafts(infra, [paid.id])).keys() == {paid.id}
    await assert_clean(infra)


async def test_a_draft_follows_its_guest_to_the_account_and_goes_with_whom_it_is_for(infra: Infra) -> None:
    one, _ = await two(infra)
    draft = await create_draft(infra, wish_of(LineWish(one.id, 1)), asked())
    day = replace(infra, now=lambda: infra.now() + timedelta(days=31))
    assert await tidy_guests(day) == 1
    assert (await find_drafts(infra, [draft.id]))[draft.id].customer_id == draft.customer_id
    account = await register(infra, email="ann@example.org", password="correct horse", display_name="Ann")
    async with infra.database.write() as session:
        owner = await session.get(User, account.id, with_for_update=True)
        assert owner is not None
        await join_guests(session, owner, infra.now())
    assert (await find_drafts(infra, [draft.id]))[draft.id].customer_id == account.id
    late = await create_draft(infra, wish_of(LineWish(one.id, 1), email="gone@example.org"), asked())
    years = replace(infra, now=lambda: infra.now() + timedelta(days=4000))
    while await tidy_guests(years):
        pass
    assert (await find_drafts(infra, [draft.id, late.id])).keys() == {draft.id}


async def test_what_cannot_be_is_named(configured: Infra) -> None:
    infra = configured
    one, _ = await two(infra)
    line = LineWish(one.id, 1)
    for wish, path in (
        (wish_of(line, currency="EURO"), ("currencyCode",)),
        (wish_of(line, email=None), ("customerId",)),
        (wish_of(line, email="nobody"), ("email",)),
        (wish_of(line, email=None, customer_id=new_id()), ("customerId",)),
        (wish_of(), ("lines",)),
        (wish_of(line, line), ("lines", "1", "variantId")),
        (wish_of(LineWish(new_id(), 1)), ("lines", "0", "variantId")),
        (wish_of(LineWish(one.id, 0)), ("lines", "0", "quantity")),
        (wish_of(LineWish(one.id, 1, Decimal("1.00"))), ("lines", "0", "reason")),
        (wish_of(LineWish(one.id, 1, Decimal("1.001"), "why")), ("lines", "0", "unitPrice")),
        (wish_of(line, address=replace(HOME, country_code="XX")), ("address", "countryCode")),
        (wish_of(line, shipping_method="pigeon"), ("shippingMethod",)),
        (wish_of(line, discount_code="nothing"), ("discountCode",)),
        (wish_of(line, note="x" * 501), ("note",)),
    ):
        with pytest.raises(InvalidInput) as refused:
            await create_draft(infra, wish, asked())
        assert refused.value.problems[0].path == ("input", *path)
    async with infra.database.read() as session:
        assert await session.get(DraftOrder, one.id) is None
    assert await open_drafts(infra) == []
    draft = await create_draft(infra, wish_of(LineWish(one.id, 11)), asked("k"))
    with pytest.raises(IdempotencyConflict):
        await create_draft(infra, wish_of(line), asked("k"))
    with pytest.raises(OutOfStock):
        await place_draft(infra, placing(draft.id), asked())
    with pytest.raises(InvalidInput):
        await place_draft(infra, placing(draft.id, hours=721), asked())
    with pytest.raises(NotFound):
        await place_draft(infra, placing(new_id()), asked())
    assert await open_drafts(infra) == [draft.id]
    assert (await stock_of(infra, one.sku))["held"] == 0
    await assert_clean(infra)
