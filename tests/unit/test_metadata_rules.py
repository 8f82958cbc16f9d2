"""What keys and values of metadata may be, and how they are kept."""

from uuid import UUID

import pytest

from models.enums import MetadataOwner, MetadataType, MetadataVisibility
from models.metadata_document import DefinitionDoc
from services.catalog.shopify.metafields import column_of, heading_of, metafields, named_column, read_cell
from services.metadata.rules import MOST_VALUES, MetadataWish, NewValue, canonical, changed, key_problem
from services.shared.errors import InvalidInput

GOOD = [
    (MetadataType.TEXT, "Wolle\nund mehr 👟", "Wolle\nund mehr 👟"),
    (MetadataType.INTEGER, "-007", "-7"),
    (MetadataType.DECIMAL, "1.500", "1.5"),
    (MetadataType.DECIMAL, "-0.0", "0"),
    (MetadataType.DECIMAL, "100", "100"),
    (MetadataType.BOOLEAN, "true", "true"),
    (MetadataType.DATE, "2028-02-29", "2028-02-29"),
    (MetadataType.DATE_TIME, "2026-11-30t13:00+01:00", "2026-11-30T12:00:00+00:00"),
    (MetadataType.URL, "https://a.example/?q=1", "https://a.example/?q=1"),
    (MetadataType.JSON, '{"b": [1, null], "a": "ä"}', '{"a":"ä","b":[1,null]}'),
]
BAD = [
    (MetadataType.TEXT, ""),
    (MetadataType.TEXT, "\0"),
    (MetadataType.TEXT, "\ud800"),
    (MetadataType.TEXT, "x" * 2_001),
    (MetadataType.INTEGER, "1.0"),
    (MetadataType.INTEGER, "9" * 19),
    (MetadataType.INTEGER, "١"),
    (MetadataType.DECIMAL, "1e9"),
    (MetadataType.DECIMAL, "NaN"),
    (MetadataType.BOOLEAN, "True"),
    (MetadataType.DATE, "2026-02-29"),
    (MetadataType.DATE, "20261130"),
    (MetadataType.DATE_TIME, "2026-11-30T12:00:00"),
    (MetadataType.DATE_TIME, "0001-01-01T00:00:00+23:59"),
    (MetadataType.URL, "javascript:alert(1)"),
    (MetadataType.URL, "https://a.example/ b"),
    (MetadataType.JSON, "{"),
    (MetadataType.JSON, "NaN"),
    (MetadataType.JSON, "[" * 2_000 + "]" * 2_000),
    (MetadataType.JSON, "[" * 12 + "]" * 12),
]


def defined(key: str, type_: MetadataType, owner: MetadataOwner = MetadataOwner.PRODUCT) -> DefinitionDoc:
    id_ = UUID(int=sum(key.encode()))
    return DefinitionDoc(id_, owner, key, type_, MetadataVisibility.PUBLIC, "", 1)


MATERIAL, CARE = defined("material", MetadataType.TEXT), defined("erp.weight", MetadataType.DECIMAL)
KNOWN = {one.key: one for one in (MATERIAL, CARE)}
M, C = MATERIAL.id.hex, CARE.id.hex


@pytest.mark.parametrize(("type_", "typed", "kept"), GOOD)
def test_a_value_is_kept_alike_for_all_that_mean_the_same(type_: MetadataType, typed: str, kept: str) -> None:
    assert canonical(type_, typed) == (kept, None)
    assert canonical(type_, kept) == (kept, None)


@pytest.mark.parametrize(("type_", "typed"), BAD)
def test_what_is_of_another_type_or_too_much_is_refused(type_: MetadataType, typed: str) -> None:
    assert canonical(type_, typed)[1]


def test_keys() -> None:
    for good in ("a", "material", "erp.weight", "x-1_2.y"):
        assert key_problem(good) is None
    for bad in ("", "A", "1a", "a.b.c", "a.", "ä", "a" * 40, "custom.material", "a b", "-a"):
        assert key_problem(bad)


def paths(wish: MetadataWish, before: dict[str, str] | None = None) -> list[tuple[str, ...]]:
    with pytest.raises(InvalidInput) as refused:
        changed(before or {}, wish, KNOWN)
    return [problem.path[1:] for problem in refused.value.problems]


def test_a_change_is_all_or_nothing_and_names_what_is_wrong() -> None:
    wish = MetadataWish([NewValue("material", "Wool"), NewValue("erp.weight", "1.50")])
    after = changed({"gone": "of a deleted definition"}, wish, KNOWN)
    assert after == {M: "Wool", C: "1.5"}
    assert changed(after, MetadataWish(gone=["material"]), KNOWN) == {C: "1.5"}
    assert changed(after, MetadataWish([NewValue("erp.weight", "2", expected="1.50")]), KNOWN)[C] == "2"
    wrong = MetadataWish([NewValue("no", "x"), NewValue("erp.weight", "x")], ["nor"])
    assert paths(wrong) == [("keys", "0"), ("values", "0", "key"), ("values", "1", "value")]
    stale = MetadataWish([NewValue("erp.weight", "2", expected="1")])
    assert paths(stale, after) == paths(stale) == [("values", "0", "expected")]
    assert paths(MetadataWish()) == [("values",)]
    assert paths(MetadataWish(gone=["a"] * (MOST_VALUES + 1))) == [("keys",)]
    assert paths(MetadataWish([NewValue("material", "x")]), {M: "", C: "x" * 20_000}) == [("values",)]


def test_columns_are_named_as_shopifys_metafields() -> None:
    size = defined("size", MetadataType.BOOLEAN, MetadataOwner.VARIANT)
    assert heading_of(MATERIAL) == "material (product.metafields.custom.material)"
    assert heading_of(CARE) == "erp.weight (product.metafields.erp.weight)"
    for one in (MATERIAL, CARE, size):
        assert named_column(heading_of(one)) == column_of(one)
    assert named_column("Any (thing) (Variant.Metafields.custom.size)") == column_of(size)
    assert named_column("product.metafields.custom.material") == column_of(MATERIAL)
    assert named_column("Title") == named_column("(" * 10_000) == ""
    assert set(metafields([MATERIAL, size, defined("x", MetadataType.TEXT, MetadataOwner.ORDER)])) == {
        column_of(MATERIAL),
        column_of(size),
    }
    assert read_cell(size, " TRUE ") == ("true", None)
    assert read_cell(MATERIAL, " Wool ") == (" Wool ", None)
    assert read_cell(CARE, " ") == ("", None)
    assert read_cell(CARE, "x")[1]
