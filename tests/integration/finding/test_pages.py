"""Pages hold each product once, whatever happens meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain, repeat
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from services.catalog.create_product import create_product
from services.catalog.product_draft import ProductDraft
from services.catalog.rows import DOCUMENTS, LISTINGS, POSTINGS, TEXTS
from services.finding.list_products import list_products
from services.finding.product_filter import ProductFilter
from services.finding.product_page import Page, ProductSort
from tests.integration.finding.shop import change, drafts

Shopping = tuple[ProductSort, ProductFilter]


ASKED: Sequence[Shopping] = (
    *((sort, ProductFilter()) for sort in ProductSort),
    *((sort, ProductFilter(tag="t1")) for sort in ProductSort),
    *((ProductSort.RELEVANCE, ProductFilter(search=text)) for text in ("red", "lam", "red la", "灯", "internet")),
    (ProductSort.PRICE_DESC, ProductFilter(search="la", tags=("t0",), in_stock=True)),
    (ProductSort.RELEVANCE, ProductFilter(search="red lamp", min_price=Decimal(2))),
)


@dataclass(frozen=True)
class Step:
    """What happens between two pages: these come, and one of those of before is changed."""

    come: list[ProductDraft]
    changed: int | None
    price: int


STEPS = st.lists(st.builds(Step, drafts(0, 2), st.none() | st.integers(0, 7), st.integers(1, 9)), max_size=8)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=drafts(3, 8), listing=st.sampled_from(ASKED), backwards=st.booleans(), steps=STEPS)
async def test_pages_hold_each_product_once_while_others_come_and_change(
    infra: Infra,
    how_common: str,
    before: list[ProductDraft],
    listing: Shopping,
    backwards: bool,
    steps: list[Step],
) -> None:
    """In both directions, what was there all the time, and as it was, is seen once and in its order."""
    await forget_all(infra)
    for draft in before:
        await create_product(infra, unused(draft), "test")
    sort, wanted = listing
    at_first = [place.product_id for place in (await list_products(infra, wanted, Page(100), sort)).places]
    changed: set[UUID] = set()
    seen: list[UUID] = []
    key = None
    for step in chain(steps, repeat(Step([], None, 1))):
        page = Page(2, before=key, backwards=True) if backwards else Page(2, after=key)
        got = await list_products(infra, wanted, page, sort)
        ids = [place.product_id for place in got.places]
        seen = ids + seen if backwards else seen + ids
        for draft in step.come:
            await create_product(infra, unused(draft), "test")
        if step.changed is not None and at_first:
            changed.add(await change(infra, at_first[step.changed % len(at_first)], step.price))
        if not (got.has_previous if backwards else got.has_next):
            break
        key = got.places[0 if backwards else -1].key
    stayed = [id_ for id_ in at_first if id_ not in changed]
    assert [id_ for id_ in seen if id_ in set(stayed)] == stayed


def unused(draft: ProductDraft) -> ProductDraft:
    """A SKU is taken for ever, and an example is run again."""
    return replace(draft, variants=[replace(one, sku=new_id().hex) for one in draft.variants])


async def forget_all(infra: Infra) -> None:
    """Products of before are in no listing any more."""

    async def work(session: AsyncSession) -> None:
        for table in (POSTINGS, LISTINGS, DOCUMENTS, TEXTS):
            await session.execute(delete(table))

    await infra.database.transact(work)
