"""WooCommerce's product CSV: the same products as from Shopify's."""

import io
from decimal import Decimal

from models import ProductStatus
from services.catalog.shopify.check_shopify_csv import ParsedFile, check_shopify_csv

HEADING = (
    "ID,Type,SKU,Name,Published,Is featured?,Visibility in catalog,Short description,Description,Tax status,"
    "In stock?,Stock,Weight (kg),Sale price,Regular price,Categories,Tags,Images,Parent,Position,Attribute 1 name,"
    "Attribute 1 value(s),Attribute 1 visible,Attribute 1 global,Attribute 2 name,Attribute 2 value(s),Swatches\n"
)


NAMES = (
    "kind=Type,sku=SKU,name=Name,published=Published,short=Short description,text=Description,stock=Stock,id=ID,"
    "weight=Weight (kg),sale=Sale price,price=Regular price,categories=Categories,tags=Tags,images=Images,"
    "parent=Parent,a=Attribute 1 name,a_values=Attribute 1 value(s),b=Attribute 2 name,"
    "b_values=Attribute 2 value(s),swatches=Swatches,in_stock=In stock?"
)


def row(**cells: str) -> str:
    names = dict(pair.split("=") for pair in NAMES.split(","))
    by_name = {names[key]: value for key, value in cells.items()}
    return ",".join(f'"{by_name.get(name, "")}"' for name in HEADING.strip().split(",")) + "\n"


def parse(*rows: str) -> ParsedFile:
    text = HEADING + "".join(rows)
    return check_shopify_csv(lambda: io.StringIO(text, newline=""), "EUR")


def test_simple_products() -> None:
    found = parse(
        row(
            kind="simple, virtual", id="7", sku="CAP 1", name="Été Cap", published="1", text="One\\nTwo",
            stock="5", weight=".25", sale="8", price="10.50", categories="Hats > Caps, Sale", tags="a, b\\, c",
            images="https://x.test/1.jpg, https://x.test/2.jpg",
        ),
        row(kind="simple", id="8", name="Été Cap", published="-1", short="Short", price=".5", in_stock="1"),
    )  # fmt: skip
    assert found.problems == ()
    cap, other = found.products
    draft, [variant] = cap.draft, cap.draft.variants
    assert (draft.title, draft.slug, draft.description) == ("Été Cap", "ete-cap", "One\nTwo")
    assert (draft.tags, draft.status) == (["a", "b, c"], ProductStatus.PUBLISHED)
    assert [image.url for image in draft.images] == ["https://x.test/1.jpg", "https://x.test/2.jpg"]
    assert cap.category_path == (("hats", "Hats"), ("hats-caps", "Caps"))
    assert (variant.sku, variant.price, variant.compare_at_price) == ("CAP 1", Decimal(8), Decimal("10.50"))
    assert (variant.quantity, variant.weight_grams, variant.currency) == (5, 250, "EUR")
    assert (other.draft.slug, other.draft.description) == ("ete-cap-8", "Short")
    assert (other.draft.status, other.draft.variants[0].price) == (ProductStatus.DRAFT, Decimal("0.5"))
    assert {(note.column, note.count) for note in found.notes} == {("Categories", 1), ("Stock", 1)}


def test_variations_are_of_their_parent_by_sku_or_by_id() -> None:
    found = parse(
        row(kind="variable", id="1", sku="TEE", name="Tee", published="1", weight="0.2", a="Size", a_values="S, M",
            b="Cut", b_values="Any, Slim", images="https://x.test/tee.jpg"),
        row(kind="simple", id="2", sku="X", name="Other", published="1", price="1", a="Colour", a_values="Red"),
        row(kind="variation", id="3", sku="TEE-S", name="Tee - S", published="1", price="20", stock="2",
            parent="TEE", a="Size", a_values="S", b="Cut", images="https://x.test/s.jpg"),
        row(kind="variation", id="4", sku="TEE-M", published="0", price="22", stock="parent", parent="id:1",
            weight="1", a="Size", a_values="M", b="Cut", swatches="round"),
    )  # fmt: skip
    assert found.problems == ()
    other, tee = found.products
    assert [(v.sku, dict(v.options), v.archived, v.weight_grams) for v in tee.draft.variants] == [
        ("TEE-S", {"Size": "S"}, False, 200),
        ("TEE-M", {"Size": "M"}, True, 1000),
    ]
    assert [image.url for image in tee.draft.images] == ["https://x.test/tee.jpg", "https://x.test/s.jpg"]
    assert (tee.draft.title, dict(other.draft.variants[0].options)) == ("Tee", {})
    assert {(note.column, note.count) for note in found.notes} == {("Stock", 1), ("Swatches", 1)}


def test_numbers_are_in_the_shops_own_way_and_what_looks_like_a_formula_is_escaped() -> None:
    found = parse(
        row(kind="simple", id="1", sku="A", name="'-20 % Cap", published="1", price="1299,00", sale="999,5",
            weight=",25", stock="'-3"),
        row(kind="simple", id="2", sku="B", name="'n Cap", published="2", price="7,90"),
    )  # fmt: skip
    assert found.problems == ()
    cap, other = found.products
    [variant] = cap.draft.variants
    assert (cap.draft.title, other.draft.title) == ("-20 % Cap", "'n Cap")
    assert (variant.price, variant.compare_at_price) == (Decimal("999.5"), Decimal(1299))
    assert (variant.weight_grams, variant.quantity) == (250, 0)
    assert (other.draft.status, other.draft.variants[0].price) == (ProductStatus.DRAFT, Decimal("7.9"))
    wrong = parse(row(kind="simple", id="1", sku="A", name="A", published="1", price="x", sale="1.299,00"))
    assert {problem.column: problem.message.partition(" ")[0] for problem in wrong.problems} == {
        "Sale price": "'1.299,00'",
        "Regular price": "'x'",
    }


def test_variations_of_a_draft_are_not_archived() -> None:
    """Such a variation has the state of its product; one that is switched off is private."""
    variations = [
        row(kind="variation", sku=f"T{size}", price="1", parent="T", a="Size", a_values=size, published=published)
        for size, published in (("S", "'-1"), ("M", "-1"), ("L", "0"))
    ]
    found = parse(
        row(kind="variable", sku="T", name="T", published="-1", a="Size", a_values="S, M, L"), *variations
    )
    assert found.problems == ()
    [made] = found.products
    assert made.draft.status == ProductStatus.DRAFT
    assert [variant.archived for variant in made.draft.variants] == [False, False, True]


def test_what_there_is_not_here_is_named() -> None:
    found = parse(
        row(kind="grouped", id="1", name="Set", published="1"),
        row(kind="variation", id="2", sku="V", parent="NONE", price="1"),
        row(kind="simple", id="3", sku="S", name="S", published="1", price="x"),
    )
    assert [(problem.line, problem.column) for problem in found.problems] == [
        (2, "Type"),
        (3, "Parent"),
        (4, "Regular price"),
    ]
