"""Many products in one transaction: an outcome a row, and a number of statements that the rows do not change."""

import asyncio
from decimal import Decimal

import pytest

from dataloaders import Loaders
from infra.ids import new_id
from infra.runtime import Infra
from models import Product
from models.documents import ProductDoc
from services.catalog.bulk_create_products import bulk_create_products
from services.catalog.bulk_update_products import bulk_update_products
from services.catalog.product_draft import (
    ImageDraft,
    PriceDraft,
    ProductChange,
    ProductDraft,
    VariantChange,
    VariantDraft,
)
from services.catalog.row_outcome import BulkPolicy, RowOutcome
from services.shared.errors import InvalidInput
from tests.integration.catalog.products import count, create, draft, of_the_index, statements, variant

ALL, ROWS = BulkPolicy.REJECT_ALL, BulkPolicy.REJECT_ROWS


def whole(number: int, prefix: str = "P") -> ProductDraft:
    """With two variants, a price list and an image."""
    variants = [
        VariantDraft(
            *(f"{prefix}{number}-{size}", Decimal(number + 1), "EUR", 3),
            options={"Size": size},
            prices=[PriceDraft("USD", Decimal(2))],
        )
        for size in "SL"
    ]
    return ProductDraft(f"{prefix} {number}", variants, images=[ImageDraft("https://x.test/1.jpg")])


def written(outcomes: list[RowOutcome]) -> list[ProductDoc]:
    return [outcome.document for outcome in outcomes if outcome.document is not None]


def errors(outcomes: list[RowOutcome]) -> list[str]:
    return [type(outcome.error).__name__ if outcome.error else "" for outcome in outcomes]


async def test_as_many_statements_for_hundreds_as_for_two(infra: Infra) -> None:
    costs = []
    for size in (2, 250):
        with statements(infra) as seen:
            made = written(
                await bulk_create_products(infra, [whole(n, f"B{size}") for n in range(size)], ALL, "test")
            )
        assert len(made) == size
        index = of_the_index(seen)
        created = sum(not s.startswith("SELECT") for s in seen) - sum(not s.startswith("SELECT") for s in index)
        changes = [
            ProductChange(
                product.id,
                1,
                # Rows that change different things.
                **({"title": f"T{n}"} if n % 2 else {"slug": f"s{size}-{n}"}),  # type: ignore[arg-type]
                variants=[VariantChange(product.variants[n % 2].id, price=Decimal(9))],
            )
            for n, product in enumerate(made)
        ]
        with statements(infra) as seen:
            updated = await bulk_update_products(infra, changes, ALL)
        assert errors(updated) == [""] * size
        costs.append((created, len(seen) - len(of_the_index(seen))))
        # Postings are taken out 500 at a time.
        assert len(of_the_index(seen)) <= 11 + size // 50
    # Products, variants, prices, images, levels, ledger, outbox. - The stores asked; products, variants, images,
    # prices; slugs, old slugs (categories: none); products, variants, redirects, outbox; what is in stock.
    assert costs[0] == costs[1] == (7, 13)
    assert [await Loaders(infra).product_by_id.load(product.id) for product in made] == written(updated)


async def test_a_database_without_insert_returning_is_sent_as_few(
    infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As MySQL: a row whose key it would have to be asked for is inserted by itself."""
    dialect = infra.database.engine.sync_engine.dialect
    for name in ("insert_returning", "insert_executemany_returning", "use_insertmanyvalues"):
        monkeypatch.setattr(dialect, name, False)
    with statements(infra) as seen:
        await bulk_create_products(infra, [whole(n) for n in range(5)], ALL, "test")
    inserts = [statement.split()[2] for statement in seen if statement.startswith("INSERT INTO")]
    assert len(inserts) == len(set(inserts))
    assert {"stock_levels", "stock_ledger", "variants"} < set(inserts)


async def test_reject_all_writes_nothing_when_a_row_is_at_fault(infra: Infra) -> None:
    await create(infra, "Other", "TAKEN", slug="taken")
    rows: list[ProductDraft | InvalidInput] = [
        whole(1),
        draft("Shirt", variant("TAKEN")),
        draft("Shirt", variant("A"), slug="taken"),
        draft("Shirt", variant("B"), category_id=new_id()),
        draft("Shirt", variant("P1-S")),
        draft("", variant("C", price="-1")),
        InvalidInput.at("categoryId", message="is not an id"),
    ]
    alone = await bulk_create_products(infra, rows[:5], ALL, "test")
    assert errors(alone) == ["", "SkuTaken", "SlugTaken", "InvalidInput", "SkuTaken"]
    assert written(alone) == []
    refused = await bulk_create_products(infra, rows, ROWS, "test")
    assert errors(refused) == [*errors(alone), "InvalidInput", "InvalidInput"]
    assert [product.title for product in written(refused)] == ["P 1"]
    found = [outcome.error for outcome in refused if isinstance(outcome.error, InvalidInput)]
    assert [".".join(problem.path) for error in found for problem in error.problems] == [
        "input.products.3.categoryId",
        "input.products.5.title",
        "input.products.5.variants.0.price",
        "input.products.6.categoryId",
    ]
    assert await count(infra, Product) == 2


async def test_a_row_that_is_rejected_takes_no_sku_and_a_made_slug_gives_way(infra: Infra) -> None:
    await create(infra, "Other", "TAKEN")
    rows = [
        draft("Shirt", variant("A"), variant("TAKEN")),
        draft("Shirt", variant("A")),
        draft("Shirt", variant("B")),
    ]
    outcomes = await bulk_create_products(infra, rows, ROWS, "test")
    assert errors(outcomes) == ["SkuTaken", "", ""]
    first, second = written(outcomes)
    assert first.slug == "shirt"
    assert second.slug == f"shirt-{second.id.hex[-12:]}"


async def test_updates_at_fault_are_told_apart(infra: Infra) -> None:
    made = [await create(infra, f"Shirt {n}", f"A{n}") for n in range(5)]
    keys = [product.id for product in made]
    changes: list[ProductChange | InvalidInput] = [
        ProductChange(keys[0], 1, title="New", slug="wanted"),
        ProductChange(keys[1], 7, title="New"),
        ProductChange(new_id(), 1, title="New"),
        ProductChange(keys[2], 1, slug="wanted"),
        ProductChange(keys[0], 1, title="Newer"),
        ProductChange(keys[3], 1, slug="\ud800", variants=[VariantChange(made[4].variants[0].id)]),
        ProductChange(keys[4], 1, category_id=new_id()),
        InvalidInput.at("id", message="is not an id"),
    ]
    expected = ["", "StaleVersion", "NotFound", "SlugTaken", *["InvalidInput"] * 4]
    nothing = await bulk_update_products(infra, changes, ALL)
    assert (errors(nothing), written(nothing)) == (expected, [])
    assert [await Loaders(infra).product_by_id.load(key) for key in keys] == made
    outcomes = await bulk_update_products(infra, changes, ROWS)
    assert errors(outcomes) == expected
    [changed] = written(outcomes)
    assert (changed.title, changed.slug, changed.version) == ("New", "wanted", 2)
    found = await Loaders(infra).product_by_id.load_many(keys)
    assert found == [changed, *made[1:]]


async def test_of_two_bulk_updates_at_once_one_wins_each_row(infra: Infra) -> None:
    made = written(await bulk_create_products(infra, [whole(n) for n in range(20)], ALL, "test"))
    sides = [
        [ProductChange(product.id, 1, title=side) for product in order]
        for side, order in (("left", made), ("right", made[::-1]))
    ]
    left, right = await asyncio.gather(*(bulk_update_products(infra, side, ROWS) for side in sides))
    assert len(written(left)) + len(written(right)) == 20
    assert {*errors(left), *errors(right)} == {"", "StaleVersion"}


async def test_racing_bulk_creations_double_nothing(infra: Infra) -> None:
    rows = [whole(n) for n in range(20)]
    results = await asyncio.gather(*(bulk_create_products(infra, rows, ALL, "test") for _ in range(3)))
    assert sorted(len(written(outcomes)) for outcomes in results) == [0, 0, 20]
    assert await count(infra, Product) == 20


@pytest.mark.parametrize("rows", [0, 501])
async def test_there_is_a_limit(infra: Infra, rows: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        await bulk_create_products(infra, [whole(n) for n in range(rows)], ROWS, "test")
    assert str(refused.value) == "input.products: must be 1 to 500"
    with pytest.raises(InvalidInput):
        await bulk_update_products(infra, [ProductChange(new_id(), 1)] * rows, ROWS)
