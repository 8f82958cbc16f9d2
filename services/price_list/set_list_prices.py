"""Set many prices of a price list, and take others away."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import ListedPrice, Variant
from services.audit.record import record
from services.money.amounts import to_minor
from services.money.charging import charging_of
from services.price_list.rows import lock_list
from services.price_list.rules import MOST_PRICES, PriceWish, check_wishes
from services.price_list.views import ListView, current_list
from services.shared.errors import FieldProblem, InvalidInput
from services.shared.patience import or_try_again, transact_for_request


async def set_list_prices(
    infra: Infra, list_id: UUID, version: int, wishes: Sequence[PriceWish], by: UUID
) -> ListView:
    """Set all or none of the prices; those that are not named stay. Nine statements, however many prices.

    Errors: InvalidInput, NotFound, StaleVersion, TryAgain.
    """
    check_wishes(wishes, charging_of(infra.settings))

    async def work(session: AsyncSession) -> None:
        row = await lock_list(session, list_id, version)
        row.version += 1
        variants = await _variants(session, wishes)
        await _replace(session, list_id, wishes, variants)
        details = {"prices": str(len(wishes))}
        record(session, "price_list.priced", now=infra.now(), subject=list_id, actor=by, details=details)

    with or_try_again():
        await transact_for_request(infra, work)
        return await current_list(infra, list_id)


async def _variants(session: AsyncSession, wishes: Sequence[PriceWish]) -> Mapping[str, UUID]:
    """Errors: InvalidInput."""
    wanted = select(Variant.sku, Variant.id).where(Variant.sku.in_({wish.sku for wish in wishes}))
    found: dict[str, UUID] = {row.sku: row.id for row in await session.execute(wanted)}
    problems = [
        FieldProblem(("input", "prices", str(place), "sku"), "is of no variant")
        for place, wish in enumerate(wishes)
        if wish.sku not in found
    ]
    if problems:
        raise InvalidInput(problems)
    return found


async def _replace(
    session: AsyncSession, list_id: UUID, wishes: Sequence[PriceWish], variants: Mapping[str, UUID]
) -> None:
    """By variants, all prices of which are written anew: pairs with currencies make MariaDB read the whole list.

    Errors: InvalidInput.
    """
    of_list, of_variants = ListedPrice.price_list_id == list_id, ListedPrice.variant_id.in_(variants.values())
    known = select(ListedPrice.variant_id, ListedPrice.currency, ListedPrice.amount).where(of_list, of_variants)
    prices: dict[tuple[UUID, str], int | None] = {
        (row.variant_id, row.currency): row.amount for row in await session.execute(known)
    }
    for wish in wishes:
        amount = None if wish.amount is None else to_minor(wish.amount, wish.currency)
        prices[variants[wish.sku], wish.currency] = amount
    gone = delete(ListedPrice).where(of_list, of_variants)
    await session.execute(gone.execution_options(synchronize_session=False))
    rows = [
        {"price_list_id": list_id, "variant_id": variant_id, "currency": currency, "amount": amount}
        for (variant_id, currency), amount in sorted(prices.items(), key=lambda price: price[0])
        if amount is not None
    ]
    if not rows:
        return
    there = await session.scalar(select(func.count()).select_from(ListedPrice).where(of_list)) or 0
    if there + len(rows) > MOST_PRICES:
        raise InvalidInput.at("prices", message=f"a list has at most {MOST_PRICES}")
    await (await session.connection()).execute(insert(ListedPrice), rows)
