"""Whatever a shop can hold, a file of it says the same."""

import csv
import io
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.clock import utc_now
from infra.ids import new_id
from models import ProductStatus
from models.documents import ProductDoc
from services.catalog import rules
from services.catalog.check_product import check_product
from services.catalog.new_product import new_product
from services.catalog.product_draft import ImageDraft, PriceDraft, ProductDraft, VariantDraft
from services.catalog.shopify import cells
from services.catalog.shopify.check_shopify_csv import check_shopify_csv
from services.catalog.shopify.export import Exported, headings, rows
from services.money.amounts import to_decimal
from services.money.charging import ANY_AMOUNT
from services.shared import texts

SPECIAL = st.sampled_from([",", '"', "'", "\n", "\r", "\t", " ", ">", "\\", "/", "=", "日", "é", "👟", "a"])
CHARACTERS = st.one_of(SPECIAL, st.characters(exclude_categories=["Cc", "Cs"]))


def text(most: int = 20) -> st.SearchStrategy[str]:
    return st.text(CHARACTERS, max_size=most).filter(lambda value: not texts.text_problem(value, most))


def line(most: int = 20, least: int = 1) -> st.SearchStrategy[str]:
    found = st.text(CHARACTERS, min_size=least, max_size=most).map(str.strip)
    return found.filter(lambda value: len(value) >= least and not texts.line_problem(value, most))


def slugs() -> st.SearchStrategy[str]:
    """In letters of any script."""
    found = st.text(st.characters(categories=["L", "M", "Nd"]) | st.sampled_from("-_é縄"), min_size=1, max_size=10)
    return found.map(lambda value: rules.normal_slug(value.lower())).filter(
        lambda value: rules.slug_problem(value) is None
    )


NAMES = st.lists(line(), unique=True, max_size=3)
PATHS = st.lists(
    st.tuples(slugs(), line()),
    unique_by=lambda pair: pair[0],
    max_size=4,
)
NOBODY = new_id()
AMOUNTS = st.integers(0, 10**9)


@st.composite
def variants(draw: st.DrawFn) -> list[VariantDraft]:
    """Of a product in euros."""
    names = draw(NAMES)
    choices = st.tuples(*(line() for _ in names))
    chosen = draw(st.lists(choices, min_size=1, max_size=4, unique=bool(names)))
    made = []
    for number, values in enumerate(chosen):
        listed = draw(st.lists(st.sampled_from(["JPY", "KWD", "USD"]), unique=True))
        made.append(
            VariantDraft(
                sku=f"SKU {number}",
                price=to_decimal(draw(AMOUNTS), "EUR"),
                currency="EUR",
                quantity=draw(st.integers(0, 10**9)),
                title=draw(st.none() | line()),
                options=dict(zip(names, values, strict=True)),
                compare_at_price=to_decimal(draw(AMOUNTS), "EUR") if draw(st.booleans()) else None,
                weight_grams=draw(st.none() | AMOUNTS),
                prices=[PriceDraft(code, to_decimal(draw(AMOUNTS), code), None) for code in listed],
                archived=number > 0 and draw(st.booleans()),
            )
        )
    return made


DRAFTS = st.builds(
    ProductDraft,
    title=line(),
    variants=variants(),
    slug=slugs(),
    description=text(),
    vendor=line(least=0),
    tags=st.lists(line(), max_size=3),
    images=st.lists(
        st.builds(ImageDraft, st.sampled_from(["https://x.test/1", "https://x.test/2?a=1,2"]), st.none() | line()),
        max_size=4,
    ),
    status=st.sampled_from(ProductStatus),
    seo_title=st.none() | line(),
    seo_description=st.none() | text().map(str.strip).filter(bool),
)


def document(draft: ProductDraft) -> ProductDoc:
    return new_product(check_product(draft, ANY_AMOUNT), new_id(), draft.slug or "", "test", utc_now()).document()


def said(found: ProductDoc) -> dict[str, Any]:
    """All that a file can keep: no ids, no times."""
    facts = {name: getattr(found, name) for name in found.__dataclass_fields__}
    for name in ("id", "created_at", "updated_at"):
        del facts[name]
    facts["variants"] = [replace(v, id=NOBODY, product_id=NOBODY) for v in found.variants]
    facts["images"] = [replace(image, id=NOBODY) for image in found.images]
    facts["orders of options"] = [list(variant.options) for variant in found.variants]
    return facts


def written(exported: Exported) -> str:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, headings(["JPY", "KWD", "USD"]), restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows(exported))
    return stream.getvalue()


@settings(deadline=None, max_examples=60)
@given(DRAFTS, PATHS)
def test_what_is_written_is_read_as_it_was(draft: ProductDraft, path: list[tuple[str, str]]) -> None:
    if any(rules.options_problem(variant.options) for variant in draft.variants):
        return
    quantities = {variant.sku: variant.quantity for variant in draft.variants}
    exported = Exported(document(draft), tuple(path), quantities)
    file = written(exported)
    parsed = check_shopify_csv(lambda: io.StringIO(file, newline=""), "USD")
    assert parsed.problems == ()
    [product] = parsed.products
    assert said(document(product.draft)) == said(exported.product)
    assert product.category_path == tuple(path)
    assert {variant.sku: variant.quantity for variant in product.draft.variants} == quantities
    again = Exported(document(product.draft), product.category_path, quantities)
    assert written(again) == file


@given(st.lists(line(), unique=True))
def test_tags_are_read_as_they_were_written(tags: list[str]) -> None:
    assert cells.tags(cells.write_tags(tags)) == tags


def test_cells_of_other_shops() -> None:
    assert cells.tags('a, b,,a ,12" wide, "c, d"') == ["a", "b", '12" wide', "c, d"]
    assert cells.grams("453.59") == (454, None)
    assert cells.status("Active") == (ProductStatus.PUBLISHED, None)
    assert cells.status("") == (None, None)
    assert cells.yes_no("TRUE") == (True, None)
    for read in (
        cells.status("hidden"),
        cells.yes_no("perhaps"),
        cells.grams("1kg"),
        cells.grams("1e9"),
        cells.grams("9" * 12),
        cells.amount("1,50", "EUR"),
        cells.category_path("a//b", "", ""),
        cells.category_path("/".join("abcdefghijk"), "", ""),
        cells.category_path("a", "", "\x00"),
    ):
        assert read[1]
    assert Decimal("1.5") == cells.amount("1.5", "EUR")[0]


@pytest.mark.parametrize(
    ("said", "published", "before", "after"),
    [
        (None, None, "DRAFT", "DRAFT"),
        (None, False, "PUBLISHED", "DRAFT"),
        (None, True, "DRAFT", "PUBLISHED"),
        (None, True, "ARCHIVED", "ARCHIVED"),
        (None, False, "ARCHIVED", "ARCHIVED"),
        ("PUBLISHED", False, "PUBLISHED", "DRAFT"),
        ("PUBLISHED", None, "DRAFT", "PUBLISHED"),
        ("DRAFT", True, "PUBLISHED", "DRAFT"),
    ],
)
def test_a_status_after_a_file(said: str | None, published: bool | None, before: str, after: str) -> None:
    status = ProductStatus(said) if said else None
    assert cells.status_after(status, published, ProductStatus(before)) is ProductStatus(after)
