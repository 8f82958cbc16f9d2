"""Answers that are kept are true."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from models import Product, StockLevel
from resolvers.shared.node import encode_id
from services.flash_sale.list_sales import find_sales
from services.flash_sale.rules import ItemDraft, SaleDraft
from services.flash_sale.schedule_flash_sale import schedule_flash_sale
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.user.register import register
from settings import Settings
from tests.integration.catalog.products import create, statements
from tests.integration.public_answers.asking import BY_SLUG, STOCK, counts, fresh, get, post, serving, token_of
from tests.integration.test_changes import rename
from tests.server import Server
from tests.waiting import until

WITHIN = 3.0  # a second is promised; a shared machine may stand still for as long


LISTING = (
    "{ products(first: 20) { edges { node { title variants { sku price { amount } stock { available } } } } } }"
)


LEFT = "query Left($id: ID!) { flashSale(id: $id) { items { remaining } } }"


@pytest.mark.usefixtures("unhurried")
async def test_a_kept_answer_costs_no_statement_and_no_command(server: Server) -> None:
    for number in range(20):
        await create(server.infra, f"Shirt {number}", f"A-{number}")
    first = await get(server, LISTING)
    with statements(server.infra) as seen:
        again = await get(server, LISTING)
        answers = await asyncio.gather(*(get(server, LISTING) for _ in range(20)))
    assert seen == []
    assert {first.content} == {again.content} | {answer.content for answer in answers}
    assert len(first.json()["data"]["products"]["edges"]) == 20
    assert counts(server)["hits"] >= 20


async def test_who_asks_the_same_at_once_is_answered_from_one_execution(server: Server) -> None:
    await create(server.infra, "Shirt", "A")
    answers = await asyncio.gather(*(post(server, BY_SLUG, slug="shirt") for _ in range(30)))
    assert {answer.content for answer in answers} == {b'{"data":{"product":{"title":"Shirt"}}}'}
    assert counts(server)["misses"] == 1


@pytest.mark.usefixtures("unhurried")
async def test_a_change_drops_what_was_made_from_it_and_nothing_else(server: Server) -> None:
    infra = server.infra
    shirt, _ = await create(infra, "Shirt", "A"), await create(infra, "Coat", "B")

    async def ask() -> dict[str, int]:
        """How often each was answered anew."""
        asks = {
            "shirt": (BY_SLUG, "shirt"),
            "coat": (BY_SLUG, "coat"),
            "none": (BY_SLUG, "none"),
            "stock of shirt": (STOCK, "shirt"),
            "stock of coat": (STOCK, "coat"),
        }
        made = {}
        for name, (query, slug) in asks.items():
            before = counts(server).get("misses", 0)
            await get(server, query, slug=slug)
            made[name] = counts(server).get("misses", 0) - before
        return {name: times for name, times in made.items() if times}

    await ask()
    assert await ask() == {}
    await rename(infra, shirt.id, "Shirt!")
    assert await ask() == {"shirt": 1, "stock of shirt": 1}
    async with infra.database.write() as session:
        await session.execute(update(StockLevel).where(StockLevel.sku == "B").values(updated_at=infra.now()))
    assert await ask() == {"stock of coat": 1}
    await create(infra, "None", "C")
    assert await ask() == {"none": 1}


async def test_what_is_left_of_a_sale_is_true_after_each_order(server: Server) -> None:
    infra = server.infra
    await create(infra, "Shirt", "A", quantity=5)
    now = infra.now()
    draft = SaleDraft("Rush", now - timedelta(1), now + timedelta(1), (ItemDraft("A", Decimal(1), 5, 5),))
    sale_id = await schedule_flash_sale(infra, draft, "test")
    [item_id] = (await find_sales(infra, [sale_id]))[sale_id].item_ids
    customer = await register(infra, email="a@example.com", password="correct horse battery", display_name="A")
    for left in (5, 4, 3):
        shown = await get(server, LEFT, id=encode_id("FlashSale", sale_id))
        assert shown.json()["data"]["flashSale"]["items"] == [{"remaining": left}]
        assert shown.headers["cache-control"] == "public, max-age=1"
        await place_flash_order(infra, FlashOrder(customer.id, item_id, 1, str(left)))


async def test_a_change_while_an_answer_is_made_is_not_lost(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer was made from before the change, and is ready after it."""
    product = await create(server.infra, "old", "A")
    answers = server.infra.hearing
    original = answers.unchanged_since
    await get(server, BY_SLUG, slug="old")
    changed = asyncio.Event()

    def change_first(mark: int, tags: Any) -> bool:
        if not changed.is_set() and any(tag.startswith("slug:") for tag in tags) and len(list(tags)) > 1:
            changed.set()
            answers.forget([f"product:{product.id.hex}"])
        return original(mark, tags)

    monkeypatch.setattr(answers, "unchanged_since", change_first)
    answers.forget([f"product:{product.id.hex}"])
    await get(server, BY_SLUG, slug="old")
    before = counts(server)["misses"]
    await get(server, BY_SLUG, slug="old")
    assert changed.is_set()
    assert counts(server)["misses"] == before + 1


async def test_another_process_drops_its_answers_within_a_second(settings: Settings, server: Server) -> None:
    async with serving(settings) as other:
        await until(lambda: fresh(other.infra), bool)
        product = await create(server.infra, "0", "A")
        slug = product.slug
        for number in range(1, 4):
            assert (await get(other, BY_SLUG, slug=slug)).json() == {
                "data": {"product": {"title": str(number - 1)}}
            }
            await rename(server.infra, product.id, str(number))
            await until(lambda: _title(other, slug), str(number).__eq__, within=WITHIN)


async def _title(server: Server, slug: str) -> object:
    return (await get(server, BY_SLUG, slug=slug)).json()["data"]["product"]["title"]


async def test_who_is_signed_in_gets_no_kept_answer_and_leaves_none(server: Server) -> None:
    await create(server.infra, "Shirt", "A")
    signed_in = {"authorization": f"Bearer {await token_of(server.infra)}"}
    await get(server, BY_SLUG, signed_in, slug="shirt")
    assert counts(server) == {}
    await get(server, BY_SLUG, slug="shirt")
    before = counts(server)
    with statements(server.infra) as seen:
        await get(server, BY_SLUG, signed_in, slug="shirt")
    assert counts(server) == before
    assert seen == []  # documents are for all


async def test_who_hears_of_nothing_keeps_nothing(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    await create(server.infra, "Shirt", "A")
    await get(server, BY_SLUG, slug="shirt")
    monkeypatch.setattr(server.infra.hearing, "confirm", lambda at: None)
    await until(lambda: fresh(server.infra), lambda fresh: not fresh)
    before = counts(server)["misses"]
    reply = await get(server, BY_SLUG, slug="shirt")
    assert reply.json() == {"data": {"product": {"title": "Shirt"}}}
    assert counts(server)["misses"] == before + 1


async def test_a_product_that_is_withdrawn_is_seen_by_nobody_any_more(server: Server) -> None:
    product = await create(server.infra, "Shirt", "A")
    await get(server, BY_SLUG, slug="shirt")
    await get(server, LISTING)
    async with server.infra.database.write() as session:
        await session.execute(update(Product).where(Product.id == product.id).values(status="ARCHIVED"))
    assert (await get(server, BY_SLUG, slug="shirt")).json() == {"data": {"product": None}}
    assert (await get(server, LISTING)).json() == {"data": {"products": {"edges": []}}}
