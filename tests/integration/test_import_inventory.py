"""An inventory file sets stock, by location."""

import io
from uuid import UUID

import pytest
from sqlalchemy import select

from infra.ids import new_id
from infra.runtime import Infra
from models import DEFAULT_WAREHOUSE, StockCause, StockEntry, StockLevel, Warehouse
from services.catalog.import_products import ImportRefused
from services.shared.asked import Asked
from services.stock.create_warehouse import WarehouseDraft, create_warehouse
from services.stock.import_inventory import InventoryReport, import_inventory
from services.stock.inventory_file import is_inventory, read_inventory
from tests.integration.catalog.products import run_import
from tests.modes import ONE_MODE

SHOP = (
    "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Qty\n"
    "tee,Tee,Size,S,TEE-S,20,5\ntee,,,M,TEE-M,22,6\ncap,Cap,,,CAP 1,9,7\n"
)
HEADING = (
    "Handle,Title,Option1 Name,Option1 Value,SKU,HS Code,COO,Location,Bin name,Incoming (not editable),"
    "Available (not editable),On hand (current),On hand (new)\n"
)


async def put(infra: Infra, text: str, **warehouses: str) -> InventoryReport:
    def opened() -> io.StringIO:
        return io.StringIO(text, newline="")

    assert is_inventory(opened)
    return await import_inventory(infra, read_inventory(opened), "test", warehouses)


async def on_hand(infra: Infra) -> dict[tuple[str, UUID], int]:
    async with infra.database.read() as session:
        rows = await session.execute(select(StockLevel.sku, StockLevel.warehouse_id, StockLevel.on_hand))
        return {(sku, warehouse): units for sku, warehouse, units in rows}


async def problems(infra: Infra, text: str, **warehouses: str) -> list[tuple[int, str]]:
    before = await on_hand(infra)
    with pytest.raises(ImportRefused) as refused:
        await put(infra, text, **warehouses)
    assert await on_hand(infra) == before
    return [(problem.line, problem.message) for problem in refused.value.problems]


async def a_shop(infra: Infra) -> UUID:
    """Returns a second warehouse."""
    await run_import(infra, SHOP)
    return await create_warehouse(
        infra, WarehouseDraft("NORTH", "North pole", 5), Asked(new_id(), new_id().hex, "test")
    )


async def test_an_inventory_file_sets_stock_at_each_location(infra: Infra) -> None:
    north = await a_shop(infra)
    async with infra.database.read() as session:
        main = await session.get_one(Warehouse, DEFAULT_WAREHOUSE)
    rows = (
        f"tee,Tee,Size,S,TEE-S,,,{main.code.lower()},,0,5,5,50\n"
        "tee,Tee,Size,S,TEE-S,,,North pole,,0,0,0,9\n"
        f"tee,Tee,Size,M,,,,{main.name},,0,6,6,60\n"
        "cap,Cap,Title,Default Title,,,,Attic,,0,0,0,-3\n"
        "cap,Cap,Title,Default Title,CAP 1,,,North pole,,0,0,0,not stocked\n"
    )
    assert await put(infra, HEADING + rows, Attic="NORTH") == InventoryReport(changed=3, unchanged=1)
    assert await on_hand(infra) == {
        ("TEE-S", DEFAULT_WAREHOUSE): 50,
        ("TEE-M", DEFAULT_WAREHOUSE): 60,
        ("CAP 1", DEFAULT_WAREHOUSE): 7,
        ("TEE-S", north): 9,
    }
    assert await put(infra, HEADING + rows, Attic="NORTH") == InventoryReport(unchanged=4)
    async with infra.database.read() as session:
        counted = await session.scalars(select(StockEntry).where(StockEntry.cause == StockCause.COUNTED))
        assert sorted((entry.sku, entry.on_hand) for entry in counted) == [
            ("TEE-M", 54),
            ("TEE-S", 9),
            ("TEE-S", 45),
        ]


@ONE_MODE
async def test_what_nobody_filled_in_is_what_was_on_hand(infra: Infra) -> None:
    north = await a_shop(infra)
    rows = "tee,Tee,Size,S,TEE-S,,,NORTH,,0,0,4,\ncap,Cap,,,CAP 1,,,NORTH,,0,0,3,{}\n"
    await put(infra, HEADING + rows.format(""))
    assert (await on_hand(infra))["TEE-S", north] == 4
    await put(infra, HEADING + rows.format("8"))
    assert [(await on_hand(infra))[sku, north] for sku in ("TEE-S", "CAP 1")] == [4, 8]


@ONE_MODE
async def test_the_older_form_has_a_column_a_location(infra: Infra) -> None:
    north = await a_shop(infra)
    await put(infra, "Handle,Title,Option1 Name,Option1 Value,SKU,HS Code,COO,NORTH\ntee,Tee,Size,S,TEE-S,,,12\n")
    assert (await on_hand(infra))["TEE-S", north] == 12


async def test_faults_of_an_inventory_file_change_nothing(infra: Infra) -> None:
    await a_shop(infra)
    row = "tee,Tee,Size,S,TEE-S,,,{},,0,5,5,{}\n"
    assert await problems(infra, HEADING + row.format("Moon", 1)) == [
        (2, "'Moon' is no warehouse: say which with --warehouse LOCATION=CODE (MAIN, NORTH)")
    ]
    assert await problems(infra, HEADING + row.format("NORTH", 1) + row.format("north pole", 2)) == [
        (3, "is on line 2 already, at this location")
    ]
    assert await problems(infra, HEADING + row.format("NORTH", 1).replace("TEE-S", "NONE")) == [
        (2, "there is no such variant")
    ]
    assert await problems(infra, HEADING + row.format("NORTH", 1).replace("Size,S,TEE-S", ",,")) == [
        (2, "there is no such variant")
    ]
    assert await problems(infra, HEADING + row.format("NORTH", "1.5")) == [(2, "'1.5' must be a whole number")]


def test_a_product_file_is_no_inventory() -> None:
    assert not is_inventory(lambda: io.StringIO(SHOP))
    assert not is_inventory(lambda: io.StringIO("Handle,Title,Variant Price,HS Code,COO\n"))
