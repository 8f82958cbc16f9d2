"""Metadata of customers, orders and products: set once, found by exact value, exported and imported, and gone with
its key or its customer."""

import asyncio
import io
from uuid import UUID

import pytest
from sqlalchemy import func, select

from infra.ids import new_id
from infra.runtime import Infra
from models import MetadataDefinition, MetadataEntry, Order, Product, User, Variant
from models.enums import MetadataOwner, MetadataType, MetadataVisibility, Role
from services.account.erase_user import erase_user
from services.catalog.export_products import export_products
from services.catalog.import_products import ImportRefused, import_products
from services.catalog.set_product_metadata import set_product_metadata, set_variant_metadata
from services.catalog.shopify.check_shopify_csv import check_shopify_csv
from services.catalog.views import products_by_id
from services.finding.product_filter import ProductFilter
from services.finding.product_page import Page
from services.finding.views import product_count, product_page
from services.metadata.change_definition import delete_definition
from services.metadata.create_definition import NewDefinition, create_definition
from services.metadata.forget_values import forget_values
from services.metadata.rules import MetadataWish, NewValue
from services.metadata.views import Found, Wanted, definitions, find_wanted
from services.order.export_orders import export_orders
from services.order.order_filter import OrderFilter
from services.order.place_flash_order import place_flash_order
from services.order.search_orders import count_found, search_orders
from services.order.set_order_metadata import set_order_metadata
from services.shared.asked import Asked
from services.shared.errors import IdempotencyConflict, InvalidInput
from services.shared.pages import IdPage
from services.user.rows import locked_account
from services.user.search_customers import CustomerFilter, search_customers
from services.user.set_customer_metadata import set_customer_metadata
from tests.factories import order_wish, running_sale, variant_in_stock
from tests.integration.catalog.products import statements
from tests.workers import persist_all

STAFF = new_id()


def asked() -> Asked:
    return Asked(STAFF, new_id().hex, f"user:{STAFF.hex}")


async def define(
    infra: Infra, owner: MetadataOwner, key: str, type_: MetadataType = MetadataType.TEXT, *, private: bool = False
) -> UUID:
    visibility = MetadataVisibility.PRIVATE if private else MetadataVisibility.PUBLIC
    return await create_definition(infra, NewDefinition(owner, key, type_, visibility), asked())


def values(**given: str) -> MetadataWish:
    return MetadataWish([NewValue(key, value) for key, value in given.items()])


async def wanted(infra: Infra, owner: MetadataOwner, key: str, value: str) -> tuple[Found, ...]:
    return await find_wanted(infra, [Wanted(key, value)], owner, with_private=True)


async def entries(infra: Infra) -> int:
    async with infra.database.read() as session:
        return await session.scalar(select(func.count()).select_from(MetadataEntry)) or 0


async def customer(infra: Infra) -> UUID:
    id_ = new_id()
    user = User(
        id=id_,
        email=f"{id_.hex}@shop.example",
        display_name="Ada",
        password_hash="",
        roles=[Role.CUSTOMER.value],
        created_at=infra.now(),
    )
    async with infra.database.write() as session:
        session.add(user)
    return id_


async def test_customers_and_orders_are_found_by_it_until_it_is_gone(infra: Infra) -> None:
    erp = await define(infra, MetadataOwner.CUSTOMER, "erp", private=True)
    channel = await define(infra, MetadataOwner.ORDER, "channel")
    ada, bob = await customer(infra), await customer(infra)
    again = asked()
    for _ in range(2):
        await set_customer_metadata(infra, ada, values(erp="K-7"), again)
    with pytest.raises(IdempotencyConflict):
        await set_customer_metadata(infra, ada, values(erp="K-8"), again)
    await set_customer_metadata(infra, bob, values(erp="k-7"), asked())

    async def found(value: str) -> list[UUID]:
        meta = await wanted(infra, MetadataOwner.CUSTOMER, "erp", value)
        which = CustomerFilter(metadata=(*meta, *await wanted(infra, MetadataOwner.CUSTOMER, "erp", value)))
        return [row.id for row in (await search_customers(infra, which, IdPage(10))).rows]

    assert (await found("K-7"), await found("k-7"), await found("K")) == ([ada], [bob], [])
    await set_customer_metadata(infra, bob, MetadataWish(gone=["erp"]), asked())
    assert (await found("k-7"), await entries(infra)) == ([], 1)

    item = await running_sale(infra, quantity=5)
    one, other = [(await place_flash_order(infra, order_wish(item))).id for _ in range(2)]
    await persist_all(infra)
    results = await asyncio.gather(
        *(set_order_metadata(infra, one, values(channel=text), asked()) for text in ("fair", "web")),
        set_order_metadata(infra, other, values(channel="web"), asked()),
    )
    assert results == [None] * 3
    with statements(infra) as seen:
        which = OrderFilter(metadata=await wanted(infra, MetadataOwner.ORDER, "channel", "web"))
        shown = (await search_orders(infra, which, IdPage(10))).rows
    assert len(seen) <= 4  # three for a page, and perhaps one for the definitions, that are then remembered
    assert other in {order.id for order in shown}
    assert await count_found(infra, which) == len(shown)
    stream = io.StringIO()
    await export_orders(infra, stream, which)
    assert stream.getvalue().splitlines()[0].endswith(",metadata.channel")
    assert all(line.endswith(",web") for line in stream.getvalue().splitlines()[1:])

    async with infra.database.write() as session:
        await erase_user(session, await locked_account(session, ada))
    assert await found("K-7") == []
    async with infra.database.read() as session:
        assert await session.scalar(select(User.meta).where(User.id == ada)) is None
    await delete_definition(infra, channel, 1, STAFF)
    with pytest.raises(InvalidInput):
        await wanted(infra, MetadataOwner.ORDER, "channel", "web")
    await define(infra, MetadataOwner.ORDER, "channel")  # its key is free
    while await forget_values(infra):
        pass
    assert await entries(infra) == 0
    async with infra.database.read() as session:
        assert set(await session.scalars(select(Order.meta))) == {None}
        assert set(await session.scalars(select(MetadataDefinition.id))) == {
            erp,
            *(one.id for one in await definitions(infra)),
        }


async def test_products_carry_it_and_are_listed_by_it(infra: Infra) -> None:
    await define(infra, MetadataOwner.PRODUCT, "material")
    await define(infra, MetadataOwner.VARIANT, "ean", MetadataType.INTEGER)
    await define(infra, MetadataOwner.PRODUCT, "margin", MetadataType.DECIMAL, private=True)
    variant = await variant_in_stock(infra)
    await variant_in_stock(infra)
    await products_by_id(infra, [variant.product_id])  # cached as it was
    await set_product_metadata(infra, variant.product_id, values(material="Wool", margin="0.50"), asked())
    await set_variant_metadata(infra, variant.id, values(ean="42"), asked())

    async def found(key: str, value: str, *, with_private: bool = False) -> list[UUID]:
        owners = (MetadataOwner.PRODUCT, MetadataOwner.VARIANT)
        meta = await find_wanted(infra, [Wanted(key, value)], *owners, with_private=with_private)
        which = ProductFilter(metadata=meta)
        places = [place.product_id for place in (await product_page(infra, which, Page(10))).places]
        assert await product_count(infra, which) == len(places)
        return places

    assert await found("material", "Wool") == await found("ean", "042") == [variant.product_id]
    assert await found("material", "wool") == []
    assert await found("margin", "0.5", with_private=True) == [variant.product_id]
    with pytest.raises(InvalidInput, match=r"filter\.metadata\.0\.key"):
        await found("margin", "0.5")
    with pytest.raises(InvalidInput, match=r"filter\.metadata\.0\.value"):
        await found("ean", "x")
    document = (await products_by_id(infra, [variant.product_id]))[variant.product_id]
    assert sorted(document.meta.values()) == ["0.5", "Wool"]
    assert list(document.variants[0].meta.values()) == ["42"]
    with statements(infra) as seen:  # what lists need of it is in the documents
        await products_by_id(infra, [variant.product_id])
        await definitions(infra)
    assert seen == []

    stream = io.StringIO()
    await export_products(infra, stream)
    text = stream.getvalue()
    for heading in ("product.metafields.custom.material", "variant.metafields.custom.ean"):
        assert heading in text.splitlines()[0]
    await bring(infra, text.replace(",0.5,Wool,42\r\n", ",,Silk,43\r\n"))
    async with infra.database.read() as session:
        product = await session.get_one(Product, variant.product_id)
        mine = await session.get_one(Variant, variant.id)
    assert [list((row.meta or {}).values()) for row in (product, mine)] == [["Silk"], ["43"]]
    assert await found("material", "Silk") == [variant.product_id]
    with pytest.raises(ImportRefused) as refused:
        await bring(infra, text.replace(",42\r\n", ",many\r\n"))
    [problem] = refused.value.problems
    assert problem.column == "ean (variant.metafields.custom.ean)"


async def bring(infra: Infra, text: str) -> None:
    parsed = check_shopify_csv(lambda: io.StringIO(text, newline=""), "EUR", defined=await definitions(infra))
    await import_products(infra, parsed, "test")
