"""Add a variant to a product, with its first stock."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Variant
from models.documents import ProductDoc
from services.catalog import rules
from services.catalog.change_product import Based, change_product
from services.catalog.check_product import checked_variant, variant_problems
from services.catalog.new_product import price_rows, stock_rows, variant_row
from services.catalog.product_draft import VariantDraft
from services.catalog.stored_product import StoredProduct
from services.money.charging import Charging, charging_of
from services.shared.errors import FieldProblem, InvalidInput, SkuTaken


async def create_variant(infra: Infra, on: Based, draft: VariantDraft, actor: str) -> ProductDoc:
    """Create a variant behind the product's others.

    Errors: NotFound, StaleVersion, SkuTaken, InvalidInput (paths at ``input.variant``), StoreUnavailable.
    """

    async def work(session: AsyncSession, stored: StoredProduct) -> bool:
        if problems := _problems(draft, stored, charging_of(infra.settings)):
            raise InvalidInput(problems)
        if await session.scalar(select(Variant.id).where(Variant.sku == draft.sku)) is not None:
            raise SkuTaken(draft.sku)
        _add(session, infra, stored, draft, actor)
        return True

    return await change_product(infra, on, work)


def _problems(draft: VariantDraft, stored: StoredProduct, charging: Charging) -> list[FieldProblem]:
    found = list(variant_problems(draft, charging, "variant"))
    if len(stored.variants) >= rules.MOST_VARIANTS:
        found.append(FieldProblem(("input", "variant"), f"the product has {rules.MOST_VARIANTS} variants already"))
    if draft.currency != stored.product.currency:
        message = f"the product is priced in {stored.product.currency}"
        found.append(FieldProblem(("input", "variant", "currencyCode"), message))
    others = {rules.option_key(variant.options) for variant in stored.live_variants}
    first = stored.live_variants[0].options
    if problem := rules.options_beside_problem(first, others, draft.options):
        found.append(FieldProblem(("input", "variant", "options"), problem))
    return found


def _add(session: AsyncSession, infra: Infra, stored: StoredProduct, draft: VariantDraft, actor: str) -> None:
    now, product = infra.now(), stored.product
    checked = checked_variant(draft, product.title)
    position = max((variant.position for variant in stored.variants), default=-1) + 1
    row = variant_row(checked, product.id, product.currency, position, now)
    prices = price_rows(checked.prices, row.id)
    session.add_all([row, *prices, *stock_rows([checked], actor, now)])
    stored.variants.append(row)
    stored.prices.extend(prices)
