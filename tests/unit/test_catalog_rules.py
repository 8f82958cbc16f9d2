"""The catalog's rules by themselves: options, price lists, changes, who sees what."""

import unicodedata
from datetime import timedelta
from decimal import Decimal
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.clock import utc_now
from infra.ids import new_id
from models import Product, Role, Variant
from models.documents import CategoryDoc, ordered_options
from services.catalog import rules
from services.catalog.apply_change import apply_change
from services.catalog.check_change import check_change
from services.catalog.check_prices import MOST_PRICES, check_prices, price_problems
from services.catalog.product_draft import PriceDraft, ProductChange, VariantChange
from services.catalog.stored_product import StoredProduct
from services.catalog.views import visible
from services.money.charging import ANY_AMOUNT
from services.shared import texts
from services.shared.errors import StaleVersion
from services.shared.viewer import Viewer


@pytest.mark.parametrize("space", ["\u00a0", "\u202f", "\u3000"])
def test_spaces_of_all_scripts_are_text(space: str) -> None:
    assert rules.title_problem(f"山田{space}太郎") is None
    assert rules.tag_problem(f"a{space}b") is None
    assert rules.title_problem(space) == "must not be empty"


@pytest.mark.parametrize("char", ["\x00", "\n", "\x7f", "\x85", "\x9b", "\u2028", "\u2029", "\ud800"])
def test_control_characters_and_line_separators_are_not_of_one_line(char: str) -> None:
    assert rules.title_problem(f"a{char}b") == "must not contain control characters or line breaks"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, None),
        ({"Size": "S", "Colour": "rot", "Stoff": "棉"}, None),
        (dict.fromkeys("abcd", "x"), "at most 3"),
        ({"": "S"}, "must not be empty"),
        ({"Size": " "}, "must not be empty"),
        ({"Size": "S "}, "must not begin or end with a space"),
        ({"Size": "\x00"}, "must not contain control characters or line breaks"),
        ({"Size": "\ud800"}, "must not contain control characters or line breaks"),
        ({"x" * 256: "S"}, "must have at most 255 characters"),
    ],
)
def test_options_by_themselves(options: dict[str, str], problem: str | None) -> None:
    assert rules.options_problem(options) == problem


def test_options_beside_those_of_other_variants() -> None:
    small = {"Size": "S", "Colour": "red"}
    others = {rules.option_key(small)}
    assert rules.options_beside_problem(small, others, {"Size": "L", "Colour": "red"}) is None
    # The order of the names makes no other choice.
    assert rules.options_beside_problem(small, others, {"Colour": "red", "Size": "S"}) is not None
    assert rules.options_beside_problem(small, others, {"Size": "S"}) is not None
    # Variants without options are told apart by their titles.
    assert rules.options_beside_problem({}, {()}, {}) is None


def test_options_come_in_the_order_of_their_names() -> None:
    options = {"A": "1", "Bb": "2", "Ccc": "3"}
    assert list(ordered_options(options, ["Ccc", "A", "gone"])) == ["Ccc", "A", "Bb"]
    assert list(ordered_options(options, None)) == ["A", "Bb", "Ccc"]


def test_a_price_list_is_no_longer_than_there_are_currencies() -> None:
    many = [PriceDraft("USD", Decimal(1))] * (MOST_PRICES + 1)
    assert next(price_problems(many, "EUR", ANY_AMOUNT, "prices")).message == f"at most {MOST_PRICES}"


def test_prices_are_exact_in_the_decimals_of_their_currency() -> None:
    prices = [PriceDraft("KWD", Decimal("1.005")), PriceDraft("JPY", Decimal(3), Decimal("4.0"))]
    found = [(price.currency, price.amount, price.compare_at) for price in check_prices(prices)]
    assert found == [("JPY", 3, 4), ("KWD", 1005, None)]


def stored() -> StoredProduct:
    now = utc_now()
    product = Product(
        id=new_id(), slug="tee", title="Tee", description="", vendor="", tags=[], version=3, currency="EUR",
        min_price=1, max_price=2, created_at=now, updated_at=now,
    )  # fmt: skip
    variants = [
        Variant(
            id=new_id(), product_id=product.id, sku=size, title=size, options={"Size": size}, price=price,
            currency="EUR", position=place,
        )
        for place, (size, price) in enumerate([("S", 1000), ("L", 2000)])
    ]  # fmt: skip
    return StoredProduct(product, variants)


def test_two_variants_may_swap_their_options() -> None:
    rows = stored()
    small, large = rows.variants
    swap = [VariantChange(small.id, options={"Size": "L"}), VariantChange(large.id, options={"Size": "S"})]
    change = ProductChange(rows.product.id, 3, variants=swap)
    assert list(check_change(change, rows, ANY_AMOUNT)) == []
    assert apply_change(change, rows)
    assert (small.options, large.options) == ({"Size": "L"}, {"Size": "S"})


def test_all_variants_may_be_given_other_options_at_once() -> None:
    rows = stored()
    renamed = [VariantChange(v.id, options={"Größe": v.sku, "Farbe": "rot"}) for v in rows.variants]
    change = ProductChange(rows.product.id, 3, variants=renamed)
    assert list(check_change(change, rows, ANY_AMOUNT)) == []
    assert apply_change(change, rows)
    assert rows.product.option_names == ["Größe", "Farbe"]
    alone = ProductChange(rows.product.id, 3, variants=[VariantChange(rows.variants[1].id, options={"Size": "S"})])
    assert [problem.path[-1] for problem in check_change(alone, rows, ANY_AMOUNT)] == ["options"]


def test_a_title_that_was_made_is_made_again() -> None:
    rows = stored()
    small, large = rows.variants
    large.title = "Our own"
    change = ProductChange(
        rows.product.id, 3, variants=[VariantChange(v.id, options={"Size": "X" + v.sku}) for v in rows.variants]
    )
    assert apply_change(change, rows)
    assert (small.title, large.title) == ("XS", "Our own")
    for row in rows.variants:
        row.options, row.title = {}, "Tee"
    rows.product.option_names = []
    named = VariantChange(large.id, title="Tee")
    assert apply_change(ProductChange(rows.product.id, 3, title="Shirt", variants=[named]), rows)
    assert (small.title, large.title) == ("Shirt", "Tee")


def test_what_is_the_same_already_is_no_change() -> None:
    rows = stored()
    same = VariantChange(rows.variants[0].id, title="S ", price=Decimal("10.00"), options={"Size": "S"})
    rows.product.option_names = ["Size"]
    assert not apply_change(ProductChange(rows.product.id, 3, title="Tee", tags=[], variants=[same]), rows)


def test_a_change_moves_the_version_and_the_range_of_prices() -> None:
    rows, now = stored(), utc_now() + timedelta(1)
    rows.variants[1].archived_at = now
    rows.settle(now)
    assert (rows.product.version, rows.product.min_price, rows.product.max_price) == (4, 1000, 1000)
    assert rows.product.updated_at == now
    with pytest.raises(StaleVersion) as stale:
        rows.require_version(3)
    assert stale.value.version == 4


def test_what_is_archived_is_for_staff() -> None:
    document = CategoryDoc(new_id(), "a", "A", None, 0, 1, archived=True)
    later = utc_now() + timedelta(1)
    seen = {role: visible(Viewer(new_id(), frozenset({role}), later), document) for role in Role}
    assert seen == {Role.GUEST: None, Role.CUSTOMER: None, Role.STAFF: document, Role.ADMIN: document}
    assert visible(None, document) is None
    assert visible(Viewer(new_id(), frozenset({Role.STAFF}), later), None) is None


@pytest.mark.parametrize(
    "slug", ["a", "a-b_c", "été-corde", "縄跳び", "джут", "ไหม", "हिन्दी", "می\u200cخواهم", "٣", "straße"]
)
def test_slugs_in_any_letters(slug: str) -> None:
    assert rules.slug_problem(slug) is None
    assert rules.slug_of(quote(slug)) == rules.slug_of(unicodedata.normalize("NFD", slug)) == slug


@pytest.mark.parametrize(
    "slug",
    [
        "",
        "-a",
        "a-",
        "a b",
        "a/b",
        "a.b",
        "A",
        "Été",
        "e\u0301te\u0301",
        "\u0301a",
        "a\u202eb",
        "\u200ca",
        "\ufffd",
        "👟",
        "%C3%A9",
    ],
)
def test_what_is_no_slug(slug: str) -> None:
    assert rules.slug_problem(slug) is not None


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Été à Nîmes!", "ete-a-nimes"),
        ("空谷 提灯", "空谷-提灯"),
        ("Lamp 提灯", "lamp"),
        ("ДЖУТ ", "джут"),
        ("👟 !", ""),
        ("ﾊﾝｶｸ", "ハンカク"),
    ],
)
def test_a_slug_of_a_text(text: str, slug: str) -> None:
    assert rules.slugify(text) == slug


@given(st.text(max_size=300))
def test_a_slug_that_is_made_is_one(text: str) -> None:
    slug = rules.slugify(text)
    assert not slug or rules.slug_problem(slug) is None


@pytest.mark.parametrize(
    ("sku", "is_one"),
    [("A B", True), ("A  B", False), (" A", False), ("A ", False), ("A\tB", False), ("{A}", False)],
)
def test_skus_have_single_spaces_within(sku: str, is_one: bool) -> None:
    assert (texts.sku_problem(sku) is None) is is_one


def test_a_sku_as_it_is_stored() -> None:
    assert texts.normal_sku("  A   B ") == "A B"
