"""Groups of customers in a flash sale: a start, a price and a limit of their own; and who is in them."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from infra.ids import new_id
from infra.runtime import Infra
from models.flash_sale_document import FlashItemDoc
from services.flash_sale.find_items import find_item, forget_item
from services.flash_sale.set_group_terms import GroupDraft, GroupItem, TermsWish, set_group_terms
from services.order.place_flash_order import Buyer, FlashOrder, place_flash_order
from services.session.access_tokens import AccessTokens
from services.shared.asked import Asked
from services.shared.errors import (
    FlashSaleNotRunning,
    FlashSaleStateConflict,
    InvalidInput,
    NotFound,
    PurchaseLimitReached,
    StaleVersion,
)
from services.user.change_customers import CustomersChange, change_customers
from services.user.change_group import change_group, create_group, delete_group, find_groups
from services.user.register import register
from tests.books import assert_adds_up, orders_in
from tests.factories import order_wish, sale_of, variant_in_stock
from tests.waiting import patience, until
from tests.workers import persist_all

STAFF = new_id()


async def group(infra: Infra, name: str) -> UUID:
    return await create_group(infra, name, Asked(STAFF, name, "test"))


def member(item: FlashItemDoc, *groups: UUID, units: int = 1) -> FlashOrder:
    buyer = Buyer(groups=frozenset(one.hex for one in groups))
    return replace(order_wish(item, quantity=units), buyer=buyer)


async def terms(
    infra: Infra, item: FlashItemDoc, *groups: GroupDraft, public_in: float | None = None
) -> TermsWish:
    public = None if public_in is None else item.starts_at + timedelta(seconds=public_in)
    fresh = await find_item(infra, item.id)
    return TermsWish(item.sale_id, fresh.version, public, groups)


async def test_groups_buy_by_terms_of_their_own(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.flash_sale.set_group_terms._AHEAD", timedelta(0))
    variant = await variant_in_stock(infra)
    item = await sale_of(infra, variant.sku, quantity=10, limit=1, starts_in=patience(3.0))
    vip, club = await group(infra, "VIP"), await group(infra, "Club")
    early = GroupDraft(vip, item.starts_at, (GroupItem(item.sku, Decimal("9.90"), 3),))
    later = GroupDraft(club, None, (GroupItem(item.sku, Decimal("15.00")),))
    wish = await terms(infra, item, early, later, public_in=600)
    await set_group_terms(infra, wish)
    await set_group_terms(infra, wish)  # again, whatever the version
    with pytest.raises(StaleVersion):
        await set_group_terms(infra, replace(wish, groups=()))
    with pytest.raises(FlashSaleNotRunning):
        await place_flash_order(infra, member(item, vip))

    async def placed() -> object:
        try:
            return await place_flash_order(infra, member(item, vip, club, units=3))
        except FlashSaleNotRunning:
            return None

    order = await until(placed, bool)
    assert order.total == 3 * 990  # type: ignore[attr-defined]
    for groups in ((), (club,)):
        with pytest.raises(FlashSaleNotRunning) as refused:
            await place_flash_order(infra, member(item, *groups))
        assert refused.value.starts_at == item.starts_at + timedelta(seconds=600)
    with pytest.raises(PurchaseLimitReached) as limited:
        await place_flash_order(infra, member(item, vip, units=4))
    assert limited.value.limit == 3
    with pytest.raises(FlashSaleStateConflict):
        await set_group_terms(infra, replace(await terms(infra, item), groups=()))
    await persist_all(infra)
    assert len(await orders_in(infra)) == 1
    await assert_adds_up(infra, item, remaining=7)


async def test_who_remembers_other_terms_sells_by_none(infra: Infra) -> None:
    """The script knows by a mark of them which terms hold."""
    variant = await variant_in_stock(infra)
    item = await sale_of(infra, variant.sku, quantity=10, limit=1, starts_in=3600)
    vip = await group(infra, "VIP")
    await set_group_terms(
        infra, await terms(infra, item, GroupDraft(vip, None, (GroupItem(item.sku, Decimal(1)),)))
    )
    forget_item(infra, item.id)
    first = await find_item(infra, item.id)
    assert first.group_terms is not None
    await set_group_terms(infra, replace(await terms(infra, first), public_from=None, groups=()))
    forget_item(infra, item.id)
    second = await find_item(infra, item.id)
    assert second.group_terms is None
    wrong = (
        TermsWish(item.sale_id, second.version, item.ends_at, ()),
        TermsWish(item.sale_id, second.version, None, (GroupDraft(vip), GroupDraft(vip))),
        TermsWish(item.sale_id, second.version, None, (GroupDraft(vip, item.starts_at),)),
        TermsWish(item.sale_id, second.version, None, (GroupDraft(vip, None, (GroupItem("no"),)),)),
        TermsWish(item.sale_id, second.version, None, (GroupDraft(vip, None, (GroupItem(item.sku, None, 0),)),)),
        TermsWish(
            item.sale_id, second.version, None, (GroupDraft(vip, None, (GroupItem(item.sku, Decimal("1.001")),)),)
        ),
    )
    for wish in wrong:
        with pytest.raises(InvalidInput):
            await set_group_terms(infra, wish)
    with pytest.raises(NotFound):
        await set_group_terms(infra, TermsWish(item.sale_id, second.version, None, (GroupDraft(new_id()),)))


async def test_who_is_in_a_group(infra: Infra) -> None:
    tokens = AccessTokens.from_settings(infra.settings, infra.now)
    users = [
        await register(infra, email=f"{n}@example.com", password="correct horse", display_name="A") for n in "ab"
    ]
    ids = [user.id for user in users]
    vip, club = await group(infra, "VIP"), await group(infra, "Club")
    with pytest.raises(InvalidInput):
        await create_group(infra, " vip ", Asked(STAFF, "other", "test"))
    assert await create_group(infra, "VIP", Asked(STAFF, "VIP", "test")) == vip
    changed = await change_customers(infra, CustomersChange(ids, [vip, club], add_tags=["Öl", "b"]), STAFF)
    assert [(user.group_ids, user.tags) for user in changed] == 2 * [(sorted([vip.hex, club.hex]), ["b", "öl"])]
    viewer = tokens.verify(tokens.issue(changed[0]).token)
    assert viewer.groups == {vip.hex, club.hex}
    assert infra.revocations.cover(viewer.user_id, viewer.session_id, viewer.issued_at - 60)
    changed = await change_customers(infra, CustomersChange(ids[:1], (), [club], (), ["b"]), STAFF)
    assert (changed[0].group_ids, changed[0].tags) == ([vip.hex], ["öl"])
    for wish in (CustomersChange([new_id()], [vip]), CustomersChange(ids, [new_id()])):
        with pytest.raises(NotFound):
            await change_customers(infra, wish, STAFF)
    with pytest.raises(StaleVersion):
        await delete_group(infra, vip, 2, STAFF)
    assert (await change_group(infra, vip, 1, "Very", STAFF)).version == 2
    await delete_group(infra, vip, 2, STAFF)
    assert set(await find_groups(infra)) == {club}
    [after, other] = await change_customers(infra, CustomersChange(ids), STAFF)
    assert (after.group_ids, other.group_ids) == ([], [club.hex])
