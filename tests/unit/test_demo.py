"""The demo catalog: our own words and pictures, and one of everything that a shop can have."""

import io
import re
from collections import Counter
from itertools import chain

import pytest
from PIL import Image, ImageChops, ImageStat

from models.enums import ProductStatus
from services.catalog.shopify.check_shopify_csv import check_shopify_csv
from services.catalog.shopify.parsed_product import ParsedProduct
from services.demo.drawing.pictures import PICTURES, picture
from services.demo.ensure_catalog import FILE, RUSH_SKU
from services.demo.pictures_of import FOLDER, SIDE, pictures_of
from services.media.rules import thumbnail_sizes
from services.media.sniff import sniff

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_ENGLISH = re.compile(r"[A-Za-z]{2}")
_MOST_BYTES = 1_000_000


@pytest.fixture(scope="module")
def products() -> list[ParsedProduct]:
    parsed = check_shopify_csv(lambda: FILE.open(encoding="utf-8", newline=""), "USD")
    assert parsed.problems == ()
    return list(parsed.products)


def test_it_has_one_of_everything(products: list[ParsedProduct]) -> None:
    drafts = [product.draft for product in products]
    variants = list(chain.from_iterable(draft.variants for draft in drafts))
    assert Counter(draft.status for draft in drafts) == {
        ProductStatus.PUBLISHED: 37,
        ProductStatus.DRAFT: 3,
        ProductStatus.ARCHIVED: 2,
    }
    assert Counter(len(draft.variants[0].options) for draft in drafts) == {0: 11, 1: 20, 2: 9, 3: 2}
    assert Counter(draft.variants[0].currency for draft in drafts) == {"USD": 28, "CNY": 7, "EUR": 6, "JPY": 1}
    assert Counter(price.currency for draft in drafts for price in draft.variants[0].prices) == {
        "EUR": 21, "CNY": 13, "USD": 11, "JPY": 9,
    }  # fmt: skip
    assert sum(any(v.compare_at_price for v in draft.variants) for draft in drafts) == 10
    assert sum(all(v.quantity == 0 for v in draft.variants) for draft in drafts) == 2
    assert sum(0 < variant.quantity <= 3 for variant in variants) == 30
    assert sum(variant.archived for variant in variants) == 1
    weights = [variant.weight_grams for variant in variants if variant.weight_grams is not None]
    assert (min(weights), max(weights), len(variants) - len(weights)) == (4, 46_000, 3)
    assert sum(draft.seo_title is not None and draft.seo_description is not None for draft in drafts) == 7
    assert len({draft.vendor for draft in drafts}) == 5
    assert all(draft.tags for draft in drafts)
    assert [draft.slug for draft in drafts if draft.variants[0].sku == RUSH_SKU] == ["rush-tee"]


def test_its_categories_are_a_tree(products: list[ParsedProduct]) -> None:
    depths = Counter(len(product.category_path) for product in products)
    assert depths == {2: 39, 3: 3}
    assert {product.category_path[0][0] for product in products} == {
        "light",
        "outdoors",
        "clothing",
        "tea",
        "home",
    }


def test_everything_is_said_in_both_languages(products: list[ParsedProduct]) -> None:
    for product in products:
        english, chinese = re.fullmatch(
            r'<p lang="en">([^<]+)</p><p lang="zh">([^<]+)</p>', product.draft.description
        ).groups()  # type: ignore[union-attr]
        assert _ENGLISH.search(english)
        assert not _CHINESE.search(english)
        assert _CHINESE.search(chinese)
        for name in (product.draft.title, *(name for _, name in product.category_path)):
            assert _ENGLISH.search(name) or "T 恤" in name
            assert _CHINESE.search(name), name


def test_it_names_no_host() -> None:
    text = FILE.read_text(encoding="utf-8")
    assert re.findall(r"https?:|www\.|//|\.(?:com|net|org|io|cn)\b", text) == []


def test_every_product_has_pictures_of_the_kind_that_the_shop_keeps(products: list[ParsedProduct]) -> None:
    assert {product.draft.slug for product in products} == set(PICTURES)
    for slug, drawn in PICTURES.items():
        found = pictures_of(slug)
        assert len(found) == len(drawn), slug
        for one in found:
            assert sorted(one.thumbnails) == thumbnail_sizes(SIDE, SIDE) == [160]
            for content, side in ((one.content, SIDE), (one.thumbnails[160], 160)):
                assert sniff(content) == "WEBP"
                assert Image.open(io.BytesIO(content)).size == (side, side)
    files = list(FOLDER.iterdir())
    assert len(files) == 2 * sum(map(len, PICTURES.values())) == 106
    assert sum(file.stat().st_size for file in files) < _MOST_BYTES


def test_the_pictures_are_those_that_are_drawn() -> None:
    """Another version of the encoder may write other bytes, but no other picture."""
    for slug in ("rush-tee", "mist-teapot", "leaf-bookmark"):
        for drawn, kept in zip(PICTURES[slug], pictures_of(slug), strict=True):
            off = ImageChops.difference(picture(*drawn), Image.open(io.BytesIO(kept.content)).convert("RGB"))
            assert max(ImageStat.Stat(off).mean) < 3, slug
