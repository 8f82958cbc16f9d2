"""Set stock to what an inventory file says: all rows or none, and as often as one likes."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import Product, StockCause, Variant, Warehouse
from models.documents import ordered_options
from services.catalog.import_products import ImportRefused
from services.catalog.shopify.rows import RowProblem, shown
from services.shared.errors import InvalidInput, OutOfStock
from services.stock.change_on_hand import change_on_hand
from services.stock.inventory_file import InventoryFile, Stocked
from services.stock.rows import Origin, lock_level, place_order
from services.stock.rules import NOTHING, Place

_AT_ONCE: Final = 500
_NOTE: Final = "inventory file"
_Named = tuple[str, tuple[str, ...]]
"""The slug of a product, and the values of a variant's options."""


@dataclass(slots=True)
class InventoryReport:
    """Places - a variant in a warehouse - by what became of them."""

    changed: int = 0
    unchanged: int = 0


Seal = Callable[[AsyncSession, InventoryReport], Awaitable[None]]
"""The last thing in the transaction: whoever says elsewhere that the import is done says it there."""


async def _unsealed(_session: AsyncSession, _report: InventoryReport) -> None: ...


async def import_inventory(
    infra: Infra,
    file: InventoryFile,
    actor: str,
    warehouses: Mapping[str, str],
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    seal: Seal = _unsealed,
) -> InventoryReport:
    """Set what is on hand, as by counting. ``warehouses``: their codes by the file's locations; a location that is
    not named there is the warehouse with this code or name.

    Errors: ImportRefused, StoreUnavailable.
    """
    if file.problems:
        raise ImportRefused(file.problems)

    async def work(session: AsyncSession) -> InventoryReport:
        report = await _Import(infra, actor, progress).run(session, file, warehouses)
        await seal(session, report)
        return report

    return await infra.database.transact(work)


@dataclass(slots=True)
class _Import:
    infra: Infra
    actor: str
    progress: Callable[[int, int], None]
    report: InventoryReport = field(default_factory=InventoryReport)
    problems: list[RowProblem] = field(default_factory=list)

    async def run(self, session: AsyncSession, file: InventoryFile, named: Mapping[str, str]) -> InventoryReport:
        places = await self._warehouses(session, file, named)
        skus = await _skus(session, file.rows)
        wanted: dict[Place, Stocked] = {}
        for row in file.rows:
            sku, warehouse = skus.get(row.sku or (row.handle, row.options)), places.get(row.location)
            if sku is None:
                self._report(row, "SKU", "there is no such variant")
            elif warehouse and (earlier := wanted.setdefault((sku, warehouse), row)) is not row:
                self._report(row, "SKU", f"is on line {earlier.line} already, at this location")
        origin = Origin(StockCause.COUNTED, self.actor, new_id(), note=_NOTE)
        ordered = sorted(wanted, key=place_order) if not self.problems else ()
        for done, place in enumerate(ordered, 1):
            await self._set(session, place, wanted[place], origin)
            self.progress(done, len(ordered))
        if self.problems:
            raise ImportRefused(self.problems)
        return self.report

    def _report(self, row: Stocked, column: str, message: str) -> None:
        self.problems.append(RowProblem(row.line, column, message))

    async def _warehouses(
        self, session: AsyncSession, file: InventoryFile, named: Mapping[str, str]
    ) -> dict[str, UUID]:
        """Locked against being closed until the transaction ends."""
        rows = (await session.scalars(select(Warehouse).order_by(Warehouse.id).with_for_update(read=True))).all()
        known = {name.casefold(): row for row in rows for name in (row.name, row.code)}
        codes = ", ".join(sorted(row.code for row in rows if row.active))
        found: dict[str, UUID] = {}
        for row in {row.location: row for row in reversed(file.rows)}.values():
            warehouse = known.get(named.get(row.location, row.location).casefold())
            if warehouse is not None and warehouse.active:
                found[row.location] = warehouse.id
            else:
                message = (
                    f"{shown(row.location)} is no warehouse: say which with --warehouse LOCATION=CODE ({codes})"
                )
                self._report(row, "Location", message)
        return found

    async def _set(self, session: AsyncSession, place: Place, row: Stocked, origin: Origin) -> None:
        level = await lock_level(session, place) or NOTHING
        delta = row.units - (level.sellable if row.of_available else level.on_hand)
        if not delta:
            self.report.unchanged += 1
            return
        try:
            await change_on_hand(session, {place: delta}, origin, self.infra.now(), field="units")
        except OutOfStock:
            taken = level.on_hand - level.available
            self._report(
                row, "SKU", f"{row.units} of {place[0]} are fewer than the {taken} that are sold or in sales"
            )
        except InvalidInput as error:
            self._report(row, "SKU", str(error))
        else:
            self.report.changed += 1


async def _skus(session: AsyncSession, rows: Sequence[Stocked]) -> dict[str | _Named, str]:
    """Find the variants that rows mean, by SKU or by handle and options."""
    found: dict[str | _Named, str] = {}
    for some in _some({row.sku for row in rows if row.sku}):
        found |= {sku: sku for sku in await session.scalars(select(Variant.sku).where(Variant.sku.in_(some)))}
    for some in _some({row.handle for row in rows if not row.sku}):
        live = select(Product.slug, Product.option_names, Variant).join(Variant, Variant.product_id == Product.id)
        for slug, names, variant in await session.execute(
            live.where(Product.slug.in_(some), Variant.archived_at.is_(None))
        ):
            options = tuple(ordered_options(variant.options, names).values())
            found[slug, options] = "" if (slug, options) in found else variant.sku
    return {key: sku for key, sku in found.items() if sku}


def _some(keys: Collection[str]) -> Iterator[Sequence[str]]:
    ordered = sorted(keys)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]
