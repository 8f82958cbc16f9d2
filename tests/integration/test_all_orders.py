"""Staff look at everyone's orders: filtered, page by page, and as a file."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import insert, text, update

from infra.ids import first_id_of, new_id
from infra.runtime import Infra
from models import Address, DiscountKind, Order, OrderLine, OrderStatus, Variant
from services.cart.add_item import Wish, add_item
from services.cart.rules import Owner
from services.checkout.checkout import Checkout, checkout
from services.checkout.compose_order import Terms
from services.discount.create_code import CodeDraft, create_code
from services.order.cancel_order import Cancellation, cancel_order
from services.order.export_orders import COLUMNS, export_orders, text_cell
from services.order.order_filter import OrderFilter, Totals
from services.order.search_orders import count_found, search_orders
from services.order.tag_order import Tagging, tag_order, tags_of_orders
from services.shared.errors import InvalidInput, NotFound
from services.shared.pages import IdPage
from tests.commands import rushcart
from tests.factories import variant_in_stock
from tests.integration.catalog.products import statements
from tests.integration.test_checkout import address_in
from tests.modes import ONE_MODE

ADA, EVE = new_id(), new_id()


async def buy(infra: Infra, customer: UUID, *variants: Variant, terms: Terms | None = None) -> UUID:
    for variant in variants:
        await add_item(infra, Owner.customer(customer), Wish(variant.id, 2))
    return (await checkout(infra, Checkout(customer, new_id().hex, terms or Terms()))).id


async def found(infra: Infra, **wanted: object) -> list[UUID]:
    """The count is that of the rows."""
    asked = OrderFilter(**wanted)  # type: ignore[arg-type]
    rows = (await search_orders(infra, asked, IdPage(100))).rows
    assert await count_found(infra, asked) == len(rows)
    return [view.id for view in rows]


async def test_filters(infra: Infra) -> None:
    shirt, shoe = await variant_in_stock(infra), await variant_in_stock(infra)
    first = await buy(infra, ADA, shirt)
    second = await buy(infra, EVE, shirt, shoe)
    third = await buy(infra, ADA, shoe)
    await cancel_order(infra, Cancellation(ADA, third, None, "cancel"))
    assert await found(infra) == [third, second, first]
    assert await found(infra, customer_id=ADA) == [third, first]
    assert await found(infra, customer_id=new_id()) == []
    assert await found(infra, statuses=(OrderStatus.AWAITING_PAYMENT,)) == [second, first]
    assert await found(infra, statuses=(OrderStatus.CANCELLED, OrderStatus.AWAITING_PAYMENT), sku=shoe.sku) == [
        third,
        second,
    ]
    assert await found(infra, statuses=()) == []
    assert await found(infra, sku=shirt.sku.lower()) == []
    [view] = (await search_orders(infra, OrderFilter(customer_id=EVE), IdPage(1))).rows
    assert await found(infra, number=f" {view.number.lower()} ") == [second]
    moment = view.placed_at
    assert await found(infra, number=view.number, sku=shoe.sku) == await found(
        infra, customer_id=EVE, sku=shoe.sku
    )
    assert await found(infra, number=view.number, sku=shoe.sku) == [second]
    assert await found(infra, customer_id=ADA, sku=shoe.sku, placed_from=moment) == [third]
    assert await found(infra, sku=shoe.sku, placed_from=moment) == [third, second]
    assert await found(infra, sku=shoe.sku, placed_before=moment) == []
    assert await found(infra, placed_from=moment) == [third, second]
    assert await found(infra, placed_before=moment) == [first]
    assert await found(infra, placed_from=moment, placed_before=moment + timedelta(microseconds=1)) == [second]


async def test_moments_at_the_ends_of_time(infra: Infra) -> None:
    order = await buy(infra, ADA, await variant_in_stock(infra))
    for early in (datetime.min.replace(tzinfo=UTC), datetime(1969, 12, 31, tzinfo=UTC)):
        assert await found(infra, placed_from=early) == [order]
    assert await found(infra, placed_before=datetime.max.replace(tzinfo=UTC)) == [order]
    assert await found(infra, placed_from=datetime.max.replace(tzinfo=UTC)) == []


def test_ids_sort_as_their_moments() -> None:
    made = new_id()
    seconds = (made.int >> 80) / 1000
    assert first_id_of(seconds) <= made < first_id_of(seconds + 0.002)
    assert first_id_of(0).version == 7


async def test_pages_stay_right_while_orders_come(infra: Infra) -> None:
    shirt = await variant_in_stock(infra, on_hand=100)
    ids = [await buy(infra, ADA, shirt) for _ in range(5)]
    one = await search_orders(infra, OrderFilter(), IdPage(2))
    await buy(infra, EVE, shirt)
    two = await search_orders(infra, OrderFilter(), IdPage(2, after=one.rows[-1].id))
    assert [view.id for view in (*one.rows, *two.rows)] == ids[:0:-1]
    assert (one.has_next, two.has_next) == (True, True)
    back = await search_orders(infra, OrderFilter(), IdPage(2, before=two.rows[0].id, backwards=True))
    assert [view.id for view in back.rows] == [view.id for view in one.rows]


async def test_a_page_costs_three_statements(infra: Infra) -> None:
    shirt = await variant_in_stock(infra, on_hand=100)
    for orders in (2, 5):
        for _ in range(orders):
            await buy(infra, ADA, shirt)
        with statements(infra) as seen:
            await search_orders(infra, OrderFilter(sku=shirt.sku), IdPage(20))
        assert len(seen) == 3


async def sold(infra: Infra, sku: str, orders: int) -> None:
    now, ids = infra.now(), [new_id() for _ in range(orders)]
    common = {"customer_id": ADA, "status": OrderStatus.PAID, "total": 1, "currency": "EUR", "fingerprint": ""}
    moments = {"placed_at": now, "updated_at": now}
    line = {"position": 0, "sku": sku, "variant_id": new_id(), "title": sku, "quantity": 1, "unit_price": 1}
    async with infra.database.write() as session:
        await session.execute(
            insert(Order),
            [{"id": i, "number": i.hex[-20:], "idempotency_key": i.hex, **common, **moments} for i in ids],
        )
        await session.execute(insert(OrderLine), [{"id": i, "order_id": i, **line} for i in ids])


async def plan(infra: Infra, statement: str, values: object) -> str:
    """How the database goes about it, as it says."""
    async with infra.database.engine.connect() as connection:
        how = "EXPLAIN QUERY PLAN" if infra.database.is_sqlite else "EXPLAIN"
        rows = await connection.exec_driver_sql(f"{how} {statement}", values)  # type: ignore[arg-type]
        return "\n".join(" ".join(map(str, row)) for row in rows)


async def test_orders_of_a_sku_are_walked_in_their_order(infra: Infra) -> None:
    """However many they are: nothing is sorted, nothing put by."""
    for sku in ("HOT", "HOT 2", "HOT 3"):
        await sold(infra, sku, 500)
    if not infra.database.is_sqlite:
        async with infra.database.write() as session:
            await session.execute(text("ANALYZE TABLE orders, order_lines"))
    for statuses in (None, (OrderStatus.PAID, OrderStatus.EXPIRED)):
        seen: list[tuple[str, object]] = []
        with statements(infra, seen):
            page = await search_orders(infra, OrderFilter(sku="HOT", statuses=statuses), IdPage(20))
        assert len(page.rows) == 20
        said = await plan(infra, *seen[0])
        assert "ix_order_lines_sku_order_id" in said
        for word in ("TEMP B-TREE", "LIST SUBQUERY", "filesort", "temporary", "MATERIALIZED"):
            assert word not in said


async def test_of_many_orders_the_count_is_kept(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.order.search_orders.FEW", 3)
    wanted = OrderFilter(sku="HOT", statuses=(OrderStatus.PAID,))
    for more, counted in ((3, 3), (1, 4), (1, 4)):
        await sold(infra, "HOT", more)
        assert await count_found(infra, wanted) == counted
    assert await count_found(infra, OrderFilter(sku="HOT")) == 5
    await sold(infra, "OTHER", 1)
    assert await count_found(infra, OrderFilter()) == 6


async def customer_at(infra: Infra, city: str) -> tuple[UUID, UUID]:
    address = await address_in(infra, user := new_id(), "DE")
    written = {"recipient": "=Ada", "phone": "+49", "city": city}
    async with infra.database.write() as session:
        await session.execute(update(Address).where(Address.id == address).values(written))
    return user, address


@ONE_MODE
async def test_the_file(infra: Infra) -> None:
    shirt, shoe = await variant_in_stock(infra, price=1999), await variant_in_stock(infra, price=5000)
    await create_code(infra, CodeDraft("HALF", DiscountKind.AMOUNT, amount=Decimal(5), currency="EUR"), "test")
    ada, address = await customer_at(infra, 'Köln, "Süd"\r\n')
    plain = await buy(infra, EVE, shirt)
    full = await buy(infra, ada, shirt, shoe, terms=Terms(address_id=address, discount_code="half"))
    stream = io.StringIO(newline="")
    progress: list[tuple[int, int]] = []
    told = await export_orders(infra, stream, OrderFilter(), lambda done, of: progress.append((done, of)))
    assert (told, progress) == (2, [(2, 2)])
    rows = list(csv.DictReader(io.StringIO(stream.getvalue(), newline="")))
    assert tuple(rows[0]) == COLUMNS
    views = {view.id: view for view in (await search_orders(infra, OrderFilter(), IdPage(2))).rows}
    assert [(row["number"], row["line_sku"]) for row in rows] == [
        (views[plain].number, shirt.sku),
        *((views[full].number, line.sku) for line in views[full].lines),
    ]
    assert (rows[0]["customer_email"], rows[0]["total"], rows[0]["shipping_city"]) == ("", "39.98", "")
    last = rows[-1]
    assert (last["customer_email"], last["currency"]) == (f"{ada}@example.org", "EUR")
    assert (last["subtotal"], last["discount"], last["total"], last["discount_code"]) == (
        "139.98",
        "5.00",
        "134.98",
        "HALF",
    )
    # No formula, and all else as it is.
    assert (last["shipping_recipient"], last["shipping_phone"]) == ("'=Ada", "'+49")
    assert last["shipping_city"] == 'Köln, "Süd"\r\n'
    assert last["placed_at"] == views[full].placed_at.isoformat()


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_formulas_are_text(text: str) -> None:
    assert (text_cell(text), text_cell(f"x{text}"), text_cell(None)) == (f"'{text}", f"x{text}", "")


@ONE_MODE
async def test_the_command(infra: Infra) -> None:
    old = await buy(infra, ADA, await variant_in_stock(infra))
    new = await buy(infra, EVE, await variant_in_stock(infra))
    async with infra.database.write() as session:
        long_ago = infra.now() - timedelta(minutes=30)
        await session.execute(update(Order).where(Order.id == old).values(placed_at=long_ago))
    [view] = (await search_orders(infra, OrderFilter(customer_id=EVE), IdPage(1))).rows
    since = (infra.now() - timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%S")
    done = await rushcart(infra, "export", "orders", "-", "--from", since, "--status", "awaiting_payment")
    assert (done.returncode, "1 orders exported." in done.stderr) == (0, True)
    [row] = csv.DictReader(io.StringIO(done.stdout))
    assert (row["number"], row["customer_id"]) == (view.number, str(EVE))
    assert view.id == new
    none = await rushcart(infra, "export", "orders", "-", "--number", "R-0")
    assert (none.returncode, len(none.stdout.splitlines())) == (0, 1)
    wrong = await rushcart(infra, "export", "orders", "-", "--from", "yesterday")
    assert (wrong.returncode, "--from" in wrong.stderr) == (2, True)


async def test_by_tag_amount_and_address(infra: Infra) -> None:
    shirt, shoe = await variant_in_stock(infra, price=1000), await variant_in_stock(infra, price=2550)
    await address_in(infra, ADA, "DE")
    first, second = await buy(infra, ADA, shirt), await buy(infra, EVE, shirt, shoe)
    third = await buy(infra, ADA, shoe)
    await tag_order(infra, Tagging(first, [" Gift ", "VIP"]))
    await tag_order(infra, Tagging(third, ["gift", "gift"], ["vip"]))
    assert await tags_of_orders(infra, [first, second, third]) == {first: ["gift", "vip"], third: ["gift"]}
    assert await found(infra, tag="gift") == [third, first]
    assert await found(infra, tag="gift", sku=shoe.sku) == [third]
    assert await found(infra, tag="vip", customer_id=ADA) == [first]
    await tag_order(infra, Tagging(third, [], ["GIFT"]))
    assert await found(infra, tag="gift") == [first]
    assert await found(infra, email=f"{ADA}@example.org") == [third, first]
    assert await found(infra, email="eve@example.org") == []
    assert await found(infra, totals=Totals("EUR", 2000, 2000)) == [first]
    assert await found(infra, totals=Totals("EUR", 2001, 7100)) == [third, second]
    assert await found(infra, totals=Totals("EUR", 2001), sku=shirt.sku) == [second]
    assert await found(infra, totals=Totals("USD", 0)) == []


async def test_of_many_with_such_totals_the_orders_are_walked(
    infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    for few in (3, 2):
        monkeypatch.setattr("services.order.search_orders.FEW", few)
        if few == 3:
            await sold(infra, "HOT", 3)
        page = (await search_orders(infra, OrderFilter(totals=Totals("EUR", 1, 5)), IdPage(2))).rows
        assert [order.id for order in page] == sorted((order.id for order in page), reverse=True)
        assert len(page) == 2


async def test_tags_are_checked(infra: Infra) -> None:
    order = await buy(infra, ADA, await variant_in_stock(infra))
    for add, path in (([" "], ("input", "add", "0")), (["a", "b" * 41], ("input", "add", "1"))):
        with pytest.raises(InvalidInput) as refused:
            await tag_order(infra, Tagging(order, add))
        assert [problem.path for problem in refused.value.problems] == [path]
    await tag_order(infra, Tagging(order, [str(number) for number in range(20)]))
    with pytest.raises(InvalidInput):
        await tag_order(infra, Tagging(order, ["one more"]))
    await tag_order(infra, Tagging(order, ["another"], ["7"]))
    with pytest.raises(NotFound):
        await tag_order(infra, Tagging(new_id(), ["gift"]))
