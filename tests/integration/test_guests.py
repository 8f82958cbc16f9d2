"""Guests: one limit for one person, however the address is spelled; what they ordered, joined; and forgotten."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from infra.ids import new_id
from infra.runtime import Infra
from models import Order, OrderLink, Person, User
from models.flash_sale_document import FlashItemDoc
from services.account.forget_guest import forget_guest
from services.account.join_guests import join_guests
from services.account.tidy_guests import tidy_guests, tidy_persons
from services.flash_sale.load_item import load_item
from services.order.find_orders import find_order
from services.order.list_orders import count_orders
from services.order.place_flash_order import Buyer, FlashOrder, place_flash_order
from services.reconcile.reconcile import reconcile
from services.reservation.keys import ItemKeys
from services.session.access_tokens import AccessTokens
from services.session.new_session import SignedIn
from services.shared.client import NOWHERE
from services.shared.errors import PurchaseLimitReached
from services.user.find_person import find_person
from services.user.login import login
from services.user.register import register, sign_up
from services.user.start_guest_session import start_guest_session
from tests.books import counters
from tests.factories import running_sale
from tests.workers import persist_all


def tokens_of(infra: Infra) -> AccessTokens:
    return AccessTokens.from_settings(infra.settings, infra.now)


async def guest(infra: Infra, email: str) -> SignedIn:
    return await start_guest_session(infra, tokens_of(infra), email=email, client=NOWHERE)


def wish_of(infra: Infra, by: SignedIn, item: FlashItemDoc, units: int = 1, key: str = "k") -> FlashOrder:
    viewer = tokens_of(infra).verify(by.tokens.access_token)
    buyer = Buyer(viewer.person_id, viewer.email_confirmed, viewer.is_guest)
    return FlashOrder(viewer.user_id, item.id, units, key, buyer=buyer)


async def row(infra: Infra, user_id: UUID) -> User | None:
    async with infra.database.read() as session:
        return await session.get(User, user_id)


async def test_one_person_has_one_limit(infra: Infra) -> None:
    """Before and after the workers have the orders, and when the counters were lost and are loaded again."""
    item = await running_sale(infra, quantity=10, limit=2)
    account = await sign_up(
        infra, tokens_of(infra), email="a.da@gmail.com", password="correct horse", display_name="A", client=NOWHERE
    )
    first = await guest(infra, "Ada+one@googlemail.com")
    other = await guest(infra, "eve@example.com")
    order = await place_flash_order(infra, wish_of(infra, first, item))
    # The same key, the same person, and yet another's: neither is another's order found nor refused for it.
    bought = await place_flash_order(infra, wish_of(infra, account, item))
    assert bought.id != order.id
    assert await find_order(infra, order.id, account.user.id) is None
    assert (await place_flash_order(infra, wish_of(infra, first, item))).id == order.id
    person = account.user.id.hex
    assert (await counters(infra, item)).buyers == {person: 2}
    for step in ("reserved", "persisted", "loaded again"):
        with pytest.raises(PurchaseLimitReached) as refused:
            await place_flash_order(infra, wish_of(infra, await guest(infra, "ADA@gmail.com"), item, key="new"))
        # Who only gives an address does not learn what its owner has.
        assert (refused.value.limit, refused.value.already_ordered) == (2, 2), step
        with pytest.raises(PurchaseLimitReached):
            await place_flash_order(infra, wish_of(infra, account, item, key="new"))
        assert (await place_flash_order(infra, wish_of(infra, first, item))).id == order.id
        if step == "reserved":
            await persist_all(infra)
            await place_flash_order(infra, wish_of(infra, other, item))
        elif step == "persisted":
            await persist_all(infra)
            await infra.redis.execute(("DEL", ItemKeys.of(item.sku, item.id).item))
            await reload(infra, item)
    await persist_all(infra)
    assert (await counters(infra, item)).buyers == {person: 2, other.user.id.hex: 1}
    assert (await reconcile(infra)).differences == []


async def reload(infra: Infra, item: FlashItemDoc) -> None:
    assert await load_item(infra, item.sku, item.id, settle=0.0)


async def test_an_account_gets_what_its_owner_ordered_as_a_guest(infra: Infra) -> None:
    item = await running_sale(infra, quantity=10, limit=2)
    one, late = await guest(infra, "ada@example.com"), await guest(infra, "ada@example.com")
    spelled = await guest(infra, "ada+x@example.com")  # another mailbox may be another's
    account = await register(infra, email="ada@example.com", password="correct horse", display_name="Ada")
    assert account.person_id == one.user.id
    order = await place_flash_order(infra, wish_of(infra, one, item))
    await persist_all(infra)
    waiting = await place_flash_order(infra, wish_of(infra, late, item))
    other = await place_flash_order(infra, wish_of(infra, spelled, await running_sale(infra, quantity=1)))
    async with infra.database.write() as session:
        owner = await session.get(User, account.id, with_for_update=True)
        assert owner is not None
        ended = await join_guests(session, owner, infra.now())
    assert len(ended) == 2
    assert await find_order(infra, order.id, account.id) is not None
    await persist_all(infra)
    assert await find_order(infra, waiting.id, account.id) is None
    await look_at_guests(infra)  # which is when late ones are looked for
    assert await find_order(infra, waiting.id, account.id) is not None
    assert (await count_orders(infra, account.id, None), await count_orders(infra, one.user.id, None)) == (2, 0)
    assert await find_order(infra, other.id, account.id) is None
    assert (await counters(infra, item)).buyers == {one.user.id.hex: 2}
    found = await row(infra, one.user.id)
    assert found is not None
    assert (found.guest_email, found.display_name, found.joined_to) == (None, "", account.id)
    assert found.closed_at is not None


async def test_who_has_an_account_already_finds_there_what_they_ordered_without(infra: Infra) -> None:
    """As soon as they sign in to it; not while they only say that it is theirs."""
    item, email = await running_sale(infra, quantity=9, limit=1), "ada@b\u00fccher.example"
    account = await register(infra, email=email, password="correct horse", display_name="Ada")
    # The same person by the domain's other name, in full width, in capitals and with a tag; another is another.
    by = [await guest(infra, one) for one in ("ada@xn--bcher-kva.example", "\uff21DA+x@B\u00dcCHER.example")]
    assert {one.user.person_id for one in by} == {account.id}
    assert (await guest(infra, "ada@bucher.example")).user.person_id != account.id
    ada = await guest(infra, "ADA@b\u00fccher.example")
    order = await place_flash_order(infra, wish_of(infra, ada, item))
    with pytest.raises(PurchaseLimitReached):
        await place_flash_order(infra, wish_of(infra, by[0], item))
    await persist_all(infra)

    async def sign_in() -> None:
        await login(infra, tokens_of(infra), email=email, password="correct horse", client=NOWHERE)
        await tidy_guests(infra)

    await sign_in()  # its address is not confirmed
    assert await find_order(infra, order.id, account.id) is None
    async with infra.database.write() as session:
        await session.execute(update(User).where(User.id == account.id).values(email_verified_at=infra.now()))
    await sign_in()
    assert await find_order(infra, order.id, account.id) is not None
    assert await find_order(infra, order.id, ada.user.id) is None
    found = [await row(infra, one.user.id) for one in (ada, *by)]
    assert [one is not None and one.closed_at is not None for one in found] == [True, False, False]


async def look_at_guests(infra: Infra) -> None:
    async with infra.database.write() as session:
        await session.execute(update(User).where(User.guest_until.is_not(None)).values(guest_until=infra.now()))
    await tidy_guests(infra)


async def test_guests_are_forgotten(infra: Infra) -> None:
    item = await running_sale(infra, quantity=10)
    idle, buyer, gone = [await guest(infra, f"{name}@example.com") for name in ("idle", "buyer", "gone")]
    for by in (buyer, gone):
        await place_flash_order(infra, wish_of(infra, by, item))
    await persist_all(infra)
    await forget_guest(infra, gone.user.id, email="gone@example.com")
    await look_at_guests(infra)
    assert await row(infra, idle.user.id) is None
    kept, forgotten = await row(infra, buyer.user.id), await row(infra, gone.user.id)
    assert kept is not None
    assert forgotten is not None
    assert kept.guest_until is not None
    assert kept.guest_until > infra.now() + timedelta(days=700)
    assert (forgotten.guest_email, forgotten.display_name, forgotten.roles) == (None, "", [])
    async with infra.database.write() as session:
        assert await session.scalar(select(Order.id).where(Order.customer_id == gone.user.id)) is not None
        # For a month the person is the same one still; then nobody knows.
        assert await find_person(session, "gone+again@example.com", new_id()) == gone.user.id
        await session.execute(update(Person).values(kept_until=infra.now() - timedelta(seconds=1)))
        link = OrderLink(token_hash="x" * 64, order_id=new_id(), created_at=infra.now(), expires_at=infra.now())
        session.add(link)
        await session.execute(update(User).where(User.id == buyer.user.id).values(person_id=None))
    await tidy_persons(infra)
    async with infra.database.read() as session:
        assert list(await session.scalars(select(Person.id))) == [buyer.user.id]
        assert list(await session.scalars(select(OrderLink.token_hash))) == []
    found = await row(infra, buyer.user.id)
    assert found is not None
    assert found.person_id == buyer.user.id
