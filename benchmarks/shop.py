"""What the benchmark sells, and to whom."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, insert, select

from infra.ids import new_id
from infra.runtime import Infra
from models import Order, OrderStatus, Product, Role, StockLevel, User, Variant
from services.flash_sale.list_sales import find_sales
from services.flash_sale.rules import ItemDraft, SaleDraft
from services.flash_sale.schedule_flash_sale import schedule_flash_sale
from services.session.access_tokens import AccessTokens

PLENTY = 5_000_000
PRICE = 1990
_CURRENCY = "EUR"
_CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Shop:
    """An item that never runs out, one with a single unit, and the buyers' access tokens."""

    plenty: UUID
    scarce: UUID
    tokens: list[str]


async def open_shop(infra: Infra, buyers: int) -> Shop:
    await _add_variant(infra, "BENCH-PLENTY", PLENTY)
    await _add_variant(infra, "BENCH-SCARCE", 1)
    return Shop(
        await _start_sale(infra, "BENCH-PLENTY", PLENTY),
        await _start_sale(infra, "BENCH-SCARCE", 1),
        await sign_in(infra, buyers),
    )


async def open_items(infra: Infra, count: int) -> list[UUID]:
    """Returns items that never run out, each of a SKU and in a sale of its own."""
    for number in range(count):
        await _add_variant(infra, f"BENCH-{number}", PLENTY)
    return [await _start_sale(infra, f"BENCH-{number}", PLENTY) for number in range(count)]


async def _add_variant(infra: Infra, sku: str, on_hand: int) -> None:
    now, product_id = infra.now(), new_id()
    async with infra.database.write() as session:
        session.add(
            Product(
                id=product_id,
                slug=sku.lower(),
                title=f"Benchmark shirt {sku}",
                description="",
                vendor="acme",
                tags=[],
                min_price=PRICE,
                max_price=PRICE,
                currency=_CURRENCY,
                created_at=now,
                updated_at=now,
            )
        )
        await session.flush()
        session.add(
            Variant(
                id=new_id(),
                product_id=product_id,
                sku=sku,
                title="Default Title",
                options={},
                price=PRICE,
                currency=_CURRENCY,
                position=0,
            )
        )
        session.add(StockLevel(sku=sku, on_hand=on_hand, available=on_hand, updated_at=now))


async def _start_sale(infra: Infra, sku: str, quantity: int) -> UUID:
    now = infra.now()
    item = ItemDraft(sku, Decimal("9.90"), quantity, quantity)
    draft = SaleDraft("Benchmark", now - timedelta(minutes=1), now + timedelta(hours=2), (item,))
    sale_id = await schedule_flash_sale(infra, draft, "benchmark")
    return (await find_sales(infra, [sale_id]))[sale_id].item_ids[0]


async def sign_in(infra: Infra, count: int) -> list[str]:
    """Accounts without a password, and access tokens for them: hashing thousands would take minutes."""
    now = infra.now()
    rows = [
        {
            "id": new_id(),
            "email": f"buyer{number}@example.com",
            "display_name": f"Buyer {number}",
            "password_hash": "",
            "roles": [Role.CUSTOMER],
            "created_at": now,
        }
        for number in range(count)
    ]
    async with infra.database.write() as session:
        for start in range(0, count, _CHUNK):
            await session.execute(insert(User), rows[start : start + _CHUNK])
    tokens = AccessTokens.from_settings(infra.settings, infra.now)
    return [tokens.issue(User(id=row["id"], roles=row["roles"])).token for row in rows]


async def count_persisted(infra: Infra) -> int:
    """Orders in the database."""
    async with infra.database.read() as session:
        return await session.scalar(select(func.count()).select_from(Order)) or 0


async def persisted_numbers(infra: Infra) -> set[str]:
    """The numbers of the orders that await payment."""
    async with infra.database.engine.connect() as connection:
        found = await connection.scalars(select(Order.number).where(Order.status == OrderStatus.AWAITING_PAYMENT))
        return set(found)
