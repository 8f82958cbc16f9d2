"""What spreadsheets and other shops make of Shopify's product CSV."""

import io
from decimal import Decimal

import pytest

from services.catalog.product_draft import PriceDraft
from services.catalog.shopify.left_out import write_left_out
from tests.unit.test_shopify_csv import parse, problems, products


@pytest.mark.parametrize("begin", ["", "\ufeff", "sep=;\r\n", "\ufeffSEP=;\n"])
def test_a_spreadsheet_in_german_writes_semicolons_and_decimal_commas(begin: str) -> None:
    heading = '"Handle";Title;"A, b";Variant Price;Variant Grams;Price / USD;Compare-at price / USD'
    found = parse(f"{begin}{heading}\ntee;Tee, rot;x;19,90;56,4;1,5;2\n\ncap;Cap;;x;;;")
    assert [(p.line, p.column) for p in found.problems] == [(4 + begin.lower().count("sep"), "Variant Price")]
    draft = next(iter(found.products)).draft
    [variant] = draft.variants
    assert (draft.title, variant.price, variant.weight_grams) == ("Tee, rot", Decimal("19.90"), 56)
    assert variant.prices == [PriceDraft("USD", Decimal("1.5"), Decimal(2))]


def test_a_spreadsheet_writes_yes_and_no_in_its_language() -> None:
    found = products("Handle;Title;Published\na;A;WAHR\nb;B;FALSCH\nc;C;VRAI\nd;D;Onwaar")
    assert [product.published for product in found] == [True, False, True, False]
    assert problems("Handle;Title;Published\na;A;oui")[0][1] == "Published"


def test_tabs_are_read_and_commas_stay_no_decimals_beside_commas() -> None:
    [product] = products('Handle\tTitle\tVariant Price\ntee\t"Tee, ""big"""\t1.5\n')
    assert (product.draft.title, product.draft.variants[0].price) == ('Tee, "big"', Decimal("1.5"))
    assert problems('Handle,Title,Variant Price\ntee,Tee,"1,5"')[0][1] == "Variant Price"


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("sku,store_view_code,attribute_set_code,product_type,name", "a product export of Magento"),
        ("Name,Email,Financial Status,Lineitem name", "an order export of Shopify"),
    ],
)
def test_a_file_of_another_kind_is_told_what_it_is(heading: str, kind: str) -> None:
    assert problems(f"{heading}\na,b,c,d\n") == [(1, "Title", f"is missing: this is {kind}, which cannot be read")]


def test_a_title_makes_the_handle_where_there_is_no_column_of_handles() -> None:
    found = products("Title,Option1 Name,Option1 Value\nÉté Tee,Size,S\n,,M\n縄,Size,L")
    assert [(p.draft.slug, len(p.draft.variants)) for p in found] == [("ete-tee", 2), ("縄", 1)]
    assert problems("Title,Vendor\n,x") == [(2, "Title", "must not be empty")]


def test_rows_that_are_left_out_are_a_file_like_the_one_they_come_from() -> None:
    text = 'sep=;\r\nTitle;Handle;Problem;Own\r\n"A\nB";a;old;ö\r\nC;c;;\r\nD;d\r\n'
    target = io.StringIO(newline="")
    write_left_out(lambda: io.StringIO(text, newline=""), {2 + 1: "bad; worse", 6: ""}, target)
    assert target.getvalue() == 'Title;Handle;Own;Problem\r\n"A\nB";a;ö;"bad; worse"\r\nD;d;;\r\n'
