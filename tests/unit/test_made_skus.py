"""SKUs that are made for rows that have none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.shopify.make_sku import make_sku
from services.shared.texts import SKU_LENGTH, sku_problem
from tests.unit.test_shopify_csv import parse, products

handles = st.from_regex(r"[a-z0-9]([a-z0-9_-]{0,80}[a-z0-9])?", fullmatch=True)
values = st.lists(st.text(min_size=1, max_size=40), max_size=3)


@given(handles, values)
def test_a_made_sku_is_valid_and_always_the_same(handle: str, options: list[str]) -> None:
    sku = make_sku(handle, options)
    assert sku_problem(sku) is None
    assert len(sku) <= SKU_LENGTH
    assert make_sku(handle, options) == sku


@given(
    st.lists(st.tuples(handles, values), unique_by=lambda pair: (pair[0], tuple(pair[1])), min_size=2, max_size=8)
)
def test_two_variants_never_get_the_same_sku(pairs: list[tuple[str, tuple[str, ...]]]) -> None:
    assert len({make_sku(handle, options) for handle, options in pairs}) == len(pairs)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a-b", ["c"]), ("a", ["b", "c"])),
        (("a", ["b c"]), ("a", ["b_c"])),
        (("a", ["b c"]), ("a", ["b-c"])),
        (("a", ["b.c"]), ("a", ["b", "c"])),
        (("a", ["S"]), ("a", ["s"])),
        (("a", ["红"]), ("a", ["蓝"])),
    ],
)
def test_alike_variants_get_different_skus(one: tuple[str, list[str]], other: tuple[str, list[str]]) -> None:
    assert make_sku(*one) != make_sku(*other)


def test_a_made_sku_gives_way_to_one_that_the_file_has() -> None:
    heading = "Handle,Title,Variant SKU"
    parsed = parse(f"{heading}\nshirt,A,\nother,B,shirt")
    assert parsed.problems == ()
    made, given_one = (p.draft.variants[0].sku for p in parsed.products)
    assert given_one == "shirt"
    assert made.startswith("shirt~")
    assert products(f"{heading}\nother,B,shirt\nshirt,A,")[1].draft.variants[0].sku == made
