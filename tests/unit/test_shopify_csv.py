"""Shopify's product CSV: what is read from it, and how each fault is reported."""

import io
from decimal import Decimal

import pytest

from models import ProductStatus
from services.catalog.product_draft import ImageDraft
from services.catalog.shopify.check_shopify_csv import ParsedFile, check_shopify_csv
from services.catalog.shopify.parsed_product import ParsedProduct
from services.catalog.shopify.rows import RowProblem
from services.catalog.shopify.unused import Note
from services.demo.ensure_catalog import FILE as EXAMPLE
from services.money.charging import Charging

BAD_HANDLE = "must be letters, digits, - and _, and start and end with a letter or digit"
NO_SKU = "must not contain control characters, { or }, nor whitespace but spaces"
NO_TITLE = "is a required column and missing; the first are"
HEADING = "Handle,Title,Variant SKU,Variant Price,Variant Inventory Qty"


def parse(text: str | bytes, currency: str = "EUR") -> ParsedFile:
    raw = text.encode() if isinstance(text, str) else text
    return check_shopify_csv(
        lambda: io.TextIOWrapper(io.BytesIO(raw), "utf-8-sig", "surrogateescape", newline=""), currency
    )


def products(text: str | bytes) -> list[ParsedProduct]:
    """Of a text without faults; gone through twice, as nothing may be left of the first time."""
    parsed = parse(text)
    assert parsed.problems == ()
    found = list(parsed.products)
    assert list(parsed.products) == found
    assert len(found) == parsed.total
    return found


def problems(text: str | bytes, currency: str = "EUR") -> list[tuple[int, str, str]]:
    return [(p.line, p.column, p.message) for p in parse(text, currency).problems]


def rows(*lines: str) -> str:
    return "\n".join((HEADING, *lines))


def test_the_example_is_read_whole() -> None:
    parsed = parse(EXAMPLE.read_bytes(), "USD")
    assert parsed.problems == ()
    assert parsed.total == 42
    found = list(parsed.products)
    assert [v.sku for p in found for v in p.draft.variants][:4] == [
        "RUSH-TEE",
        "DM-HOL-BRASS",
        "DM-HOL-SOOT",
        "DM-PON",
    ]
    lantern = found[1].draft
    assert lantern.title == "Hollow Lantern 空谷提灯"
    assert lantern.tags == ["lantern", "rechargeable", "提灯"]
    assert lantern.vendor == "Duskmere 暮湖"
    assert [(v.price, v.quantity, v.currency) for v in lantern.variants] == [
        (Decimal(64), 18, "USD"),
        (Decimal(64), 7, "USD"),
    ]
    assert dict(lantern.variants[0].options) == {"Colour": "Brass"}
    assert found[1].category_path == (("light", "Light 灯光"), ("lanterns", "Lanterns 提灯"))


def test_html_with_line_breaks_options_and_images_over_several_rows() -> None:
    parsed = parse(
        "\ufeffTitle,Handle,Body (HTML),Type,Tags,Option1 Name,Option1 Value,Option2 Name,Option2 Value,"
        "Variant Price,Variant SKU,Image Src,Image Position,Image Alt Text,Something Else\r\n"
        'Tee,tee,"<p>Soft,\r\n ""warm""</p>",Shirts,"a, b,,a",Size,S,Colour,Red,1.50,T1,https://x.test/2.jpg,2,Back,!\r\n'
        ",tee,,,,,M,,Red,2.50,T2,https://x.test/1.jpg,1,Front,\r\n"
        ",tee,,,,,,,,,,https://x.test/3.jpg,,,\r\n"
    )
    assert parsed.problems == ()
    [product] = parsed.products
    draft = product.draft
    assert draft.description == '<p>Soft,\r\n "warm"</p>'
    assert draft.tags == ["a", "b"]
    assert product.category == "Shirts"
    assert [dict(v.options) for v in draft.variants] == [
        {"Size": "S", "Colour": "Red"},
        {"Size": "M", "Colour": "Red"},
    ]
    assert [v.price for v in draft.variants] == [Decimal("1.50"), Decimal("2.50")]
    assert draft.images == [
        ImageDraft("https://x.test/1.jpg", "Front"),
        ImageDraft("https://x.test/2.jpg", "Back"),
        ImageDraft("https://x.test/3.jpg", None),
    ]
    # The first row is three lines of the file, and the numbers are the file's.
    assert [row.line for row in product.variant_rows] == [2, 4]


def test_the_newer_column_names_are_known_too() -> None:
    parsed = parse("Title,URL handle,SKU,Price,Inventory quantity\nTee,tee,T1,5,3")
    assert parsed.problems == ()
    [variant] = next(iter(parsed.products)).draft.variants
    assert (variant.sku, variant.price, variant.quantity) == ("T1", Decimal(5), 3)


def test_handle_and_title_are_enough() -> None:
    parsed = parse("Title,Handle\nTee,Tee")
    assert parsed.problems == ()
    [variant] = next(iter(parsed.products)).draft.variants
    assert (variant.sku, variant.price, variant.quantity) == ("tee", Decimal(0), 0)


def test_rows_of_a_product_need_not_be_together() -> None:
    parsed = parse("Handle,Title,Option1 Name,Option1 Value\na,A,Size,S\nb,B,,\na,,,M")
    assert parsed.problems == ()
    # Each as soon as its last row is there.
    assert [(p.draft.title, len(p.draft.variants)) for p in parsed.products] == [("B", 1), ("A", 2)]


@pytest.mark.parametrize(
    ("row", "column", "message"),
    [
        ("a,A,S,abc,1", "Variant Price", "'abc' must be a plain decimal number such as 19.90"),
        ("a,A,S,1e400,1", "Variant Price", "'1e400' must be a plain decimal number such as 19.90"),
        ("a,A,S,NaN,1", "Variant Price", "'NaN' must be a plain decimal number such as 19.90"),
        ("a,A,S,-1,1", "Variant Price", "'-1' must be a plain decimal number such as 19.90"),
        ("a,A,S,1.005,1", "Variant Price", "'1.005' has too many decimals: EUR has 2"),
        ("a,A,S,99999999999,1", "Variant Price", "'99999999999' is too large"),
        ("a,A,S,,1", "Variant Price", "must not be empty: a variant needs a price"),
        ("a,A,S,1,1000000001", "Variant Inventory Qty", "1000000001 must be between 0 and 1000000000"),
        ("a,A,S,1,1.5", "Variant Inventory Qty", "'1.5' must be a whole number"),
        ("a,A,S,1," + "9" * 40, "Variant Inventory Qty", f"'{'9' * 40}' must be a whole number"),
        ("a,A,A\u3000B,1,1", "Variant SKU", NO_SKU),
        ("a,A,{x},1,1", "Variant SKU", NO_SKU),
        ("a,A," + "x" * 65 + ",1,1", "Variant SKU", "must have at most 64 characters"),
        ("a,,S,1,1", "Title", "must not be empty"),
        ("a," + "x" * 256 + ",S,1,1", "Title", "must have at most 255 characters"),
        ("a,A\0B,S,1,1", "Title", "must not contain control characters or line breaks"),
        (",A,S,1,1", "Handle", "must not be empty"),
        (
            "été!,A,S,1,1",
            "Handle",
            "must be letters, digits, - and _, and start and end with a letter or digit",
        ),
        (
            "a b,A,S,1,1",
            "Handle",
            "must be letters, digits, - and _, and start and end with a letter or digit",
        ),
        ("a,A,S,1,1,more", "", "has 6 cells, but the heading has 5"),
    ],
)
def test_a_fault_is_named_by_line_and_column(row: str, column: str, message: str) -> None:
    assert problems(rows("ok,Ok,OK,1,1", row)) == [(3, column, message)]


def test_all_faults_are_collected_in_the_order_of_the_file() -> None:
    text = rows("a,,S,abc,-1.5", "b,B,S,1,1", "b,Other,T,x,1")
    assert problems(text) == [
        (2, "Title", "must not be empty"),
        (2, "Variant Price", "'abc' must be a plain decimal number such as 19.90"),
        (2, "Variant Inventory Qty", "'-1.5' must be a whole number"),
        (3, "Variant SKU", "'S' is on line 2 already"),
        (4, "Title", "differs from line 3, which has the same handle"),
        (4, "Variant Price", "'x' must be a plain decimal number such as 19.90"),
        (4, "Option1 Value", "has the same options as line 3"),
    ]


def test_bytes_that_are_not_utf8_are_named_by_their_cell() -> None:
    text = rows("a,Caf\xe9,S,1,1").encode("latin-1")
    assert problems(text) == [(2, "Title", "is not UTF-8 text")]


def test_a_file_in_utf16_is_told_apart() -> None:
    assert problems(rows("a,A,S,1,1").encode("utf-16"))[0] == (1, "", "is not UTF-8 text: save the file as UTF-8")


def test_a_cell_of_ten_megabytes_is_reported_and_the_rest_read() -> None:
    text = f'Handle,Title,Body (HTML),Variant Price\na,A,"{"x" * 10_000_000}",1\nb,B,,abc'
    assert problems(text) == [
        (2, "Body (HTML)", "must have at most 65535 bytes"),
        (3, "Variant Price", "'abc' must be a plain decimal number such as 19.90"),
    ]


def test_a_quote_that_is_never_closed_ends_the_reading() -> None:
    [(line, column, message)] = problems(rows("a,A,S,1,1", 'b,"B,T,1,1', "c,C,U,1,1"))
    assert (line, column) == (3, "")
    assert message.startswith("cannot be read, nor what follows")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [(1, "Title", "is missing: the file is empty")]),
        ("Artikel|Preis\na|1", [(1, "Title", f"{NO_TITLE} 'Artikel|Preis'")]),
        ("Handle,Price,a,b,c\na,1", [(1, "Title", f"{NO_TITLE} 'Handle', 'Price', 'a', 'b'")]),
        ("Handle,Title,title\na,A,A", [(1, "title", "is there twice")]),
    ],
)
def test_a_heading_at_fault_is_all_that_is_reported(text: str, expected: list[tuple[int, str, str]]) -> None:
    assert problems(text) == expected


def test_options_must_fit_together() -> None:
    heading = "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value"
    assert problems(f"{heading}\na,A,Size,S,,\na,,,,,\na,,,S,,\na,,,M,,Red\nb,B,Size,,,") == [
        (4, "Option1 Value", "has the same options as line 2"),
        (5, "Option2 Value", "has a value, but Option2 Name on line 2 is empty"),
        (6, "Option1 Value", "must not be empty: the product has the option 'Size'"),
    ]


@pytest.mark.parametrize("url", ["ftp://x.test/a.jpg", "javascript:alert(1)", "/a.jpg", "http://", "https://[x"])
def test_images_are_http_only(url: str) -> None:
    [(line, column, _)] = problems(f"Handle,Title,Image Src,Image Position\na,A,{url},1")
    assert (line, column) == (2, "Image Src")


def test_markup_in_a_cell_is_quoted() -> None:
    [problem] = parse(rows("a,A,S,\x1b[31m[red],1")).problems
    assert problem == RowProblem(
        2, "Variant Price", "'\\x1b[31m[red]' must be a plain decimal number such as 19.90"
    )


def test_a_row_whose_handle_is_at_fault_is_checked_to_its_end() -> None:
    assert problems(rows("b b,B,S,abc,1", ",C,T,x,-1.5")) == [
        (2, "Handle", BAD_HANDLE),
        (2, "Variant Price", "'abc' must be a plain decimal number such as 19.90"),
        (3, "Handle", "must not be empty"),
        (3, "Variant Inventory Qty", "'-1.5' must be a whole number"),
        (3, "Variant Price", "'x' must be a plain decimal number such as 19.90"),
    ]


def test_what_other_shops_write_and_we_take() -> None:
    heading = "Handle,Title,Status,Variant SKU,Variant Grams,Variant Price,Variant Inventory Qty"
    [product] = products(f"{heading}\n%C3%89t%C3%A9-corde,A,unlisted, A  B ,56.41555101875,1,-3")
    [variant] = product.draft.variants
    assert (product.draft.slug, product.draft.status) == ("été-corde", ProductStatus.DRAFT)
    assert (variant.sku, variant.weight_grams, variant.quantity) == ("A B", 56, 0)


def test_a_handle_in_two_forms_is_one_product() -> None:
    [product] = products("Handle,Title,Option1 Name,Option1 Value\nété,A,Size,S\ne\u0301te\u0301,,,M\nÉTÉ,,,L")
    assert [dict(variant.options)["Size"] for variant in product.draft.variants] == ["S", "M", "L"]


def test_what_is_not_used_is_counted() -> None:
    heading = (
        "Handle,Title,Type,Product Category,Status,Variant Inventory Policy,Gift Card,Variant Barcode,"
        "Variant Taxable,Collection,Price / International,Variant Inventory Qty,Problem"
    )
    found = parse(
        f"{heading}\na,A,Tees,Apparel > Tees,unlisted,continue,true,12,true,New,5,-1,x\n"
        "b,B,,,,deny,FALSE,13,,,,,\n"
    )
    assert found.problems == ()
    assert {(note.column, note.count) for note in found.notes} == {
        ("Product Category", 1),
        ("Status", 1),
        ("Variant Inventory Policy", 1),
        ("Gift Card", 1),
        ("Variant Barcode", 2),
        ("Collection", 1),
        ("Price / International", 1),
        ("Variant Inventory Qty", 1),
    }


def test_newer_names_of_columns_say_as_little_as_the_older_ones() -> None:
    heading = (
        "URL handle,Title,Price,Continue selling when out of stock,Inventory tracker,Fulfillment service,"
        "Requires shipping,Charge tax,Weight unit for display"
    )
    assert parse(f"{heading}\na,A,1,DENY,shopify,manual,TRUE,TRUE,kg").notes == ()
    assert parse(f"{heading}\na,A,1,CONTINUE,,dhl,FALSE,FALSE,stone").notes == (
        Note("Continue selling when out of stock", 1, "nothing is sold here that is not there"),
        Note("Fulfillment service", 1, "not used"),
        Note("Requires shipping", 1, "not used"),
        Note("Charge tax", 1, "not used"),
        Note("Weight unit for display", 1, "not used"),
        Note("Inventory tracker", 1, "not counted there, and here sold as far as there is"),
    )


def test_what_only_a_first_row_can_say_is_counted_in_others() -> None:
    heading = "Handle,Title,Vendor,Tags,Status,Option1 Name,Option1 Value,Image Src,Image Alt Text"
    found = parse(f"{heading}\na,A,V,t,active,Size,S,,Lost\na,A,V,u,draft,,M,https://x.test/1.jpg,Kept\n")
    assert found.problems == ()
    elsewhere = "not used but from the first row of a product"
    assert found.notes == (
        Note("Tags", 1, elsewhere),
        Note("Status", 1, elsewhere),
        Note("Image Alt Text", 1, "not used without an image in the same row"),
    )


def test_a_product_has_one_currency() -> None:
    heading = "Handle,Title,Option1 Name,Option1 Value,Variant Price,Currency"
    differs = "differs from line 2, which has the same handle"
    text = f"{heading}\na,A,Size,S,1,usd\na,,,M,1,USD\na,,,L,1,JPY\na,,,XL,1,"
    assert problems(text) == [(4, "Currency", differs)]


def test_a_price_that_cannot_be_charged_is_named_by_its_cell() -> None:
    raw = (
        "Handle,Title,Option1 Name,Option1 Value,Variant Price,Variant Compare At Price,Currency,Price / MGA\n"
        "a,A,Size,S,1.230,1.999,KWD,5000\na,,,M,1.234,,,5000.50\n"
    )
    found = check_shopify_csv(lambda: io.StringIO(raw, newline=""), "USD", Charging(("manual", "stripe")))
    assert [(problem.line, problem.column, problem.message) for problem in found.problems] == [
        (3, "Variant Price", "cannot be charged by stripe: must be a multiple of 0.010 KWD"),
        (3, "Price / MGA", "cannot be charged by stripe: must be a multiple of 1.00 MGA"),
    ]


def test_the_category_is_that_of_the_taxonomy_where_there_is_no_type() -> None:
    heading = "Handle,Title,Type,Product Category"
    one, other, typed = products(f"{heading}\na,A,,Home > Lamps\nb,B,,Garden > Lamps\nc,C,Lights,Home > Lamps\n")
    assert one.category_path == (("home", "Home"), ("home-lamps", "Lamps"))
    assert other.category_path == (("garden", "Garden"), ("garden-lamps", "Lamps"))
    assert (typed.category, typed.category_path) == ("Lights", ())
