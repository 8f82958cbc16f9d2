"""Products are found by words, the best match first."""

from itertools import cycle
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.runtime import Infra
from models import ProductStatus
from services.catalog.create_product import create_product
from services.catalog.product_draft import ProductChange, ProductDraft
from services.catalog.update_product import update_product
from services.finding import rules
from services.finding.count_products import count_products
from services.finding.list_products import list_products
from services.finding.product_filter import ProductFilter
from services.finding.product_page import Page, ProductSort
from tests.integration.finding.shop import ORDERS, found, make, variant


async def test_english_accented_and_chinese_words_alike(infra: Infra, how_common: str) -> None:
    cafe = await make(infra, "Café Crème mug", vendor="Łódź")
    coat = await make(infra, "防水外套", description="<p>轻便的&nbsp;外衣</p>")
    shirt = await make(infra, "Straße T-Shirt", tags=["summer sale"], description="<b>Breathable</b> cloth")
    orders = cycle(ORDERS)  # whichever it is, of one product
    for text, products in (
        ("cafe", [cafe]),
        ("CRÈME", [cafe]),
        ("ｃｒｅｍｅ cafe", [cafe]),
        ("lodz", [cafe]),
        ("防水", [coat]),
        ("水", [coat]),
        ("水外套", [coat]),
        ("轻便", [coat]),
        ("防外", []),
        ("防水 轻便的", [coat]),
        ("strasse shirt", [shirt]),
        ("tshirt", [shirt]),
        ("sum", [shirt]),
        ("str sum", [shirt]),
        ("summer cafe", []),
        ("breathab", [shirt]),
        ("breathing", []),
        ("clot", []),
        ("cloth", [shirt]),
        ("nbsp", []),
        ("p", []),
        ("%", []),
        ("!!! 🛒", []),
        ("s" * 200, []),
    ):
        assert await found(infra, sort := next(orders), search=text) == products, (text, sort)
    assert await found(infra, search="   ") == [shirt, coat, cafe]


async def test_the_best_match_comes_first(infra: Infra) -> None:
    described = await make(infra, "Box", description="for a lamp")
    vendor = await make(infra, "Shade", vendor="Lamp")
    begun = await make(infra, "Lampoon")
    title = await make(infra, "Lamp")
    both = await make(infra, "Lamp", vendor="Lamp", tags=["lamp"])
    later = await make(infra, "Floor lamp")
    assert await found(infra, search="lamp") == [both, title, later, begun, vendor, described]
    assert await found(infra, search="floor lamp") == [later]
    apart = await make(infra, "Lamp for the floor")
    assert await found(infra, search="floor lamp") == [later, apart]


async def test_the_best_match_comes_first_of_common_words_too(infra: Infra, monkeypatch: Any) -> None:
    monkeypatch.setattr(rules, "FEW", 0)
    described = await make(infra, "Red box", description="for a lamp")
    vendor = await make(infra, "Red shade", vendor="Lamp")
    begun = await make(infra, "Lampoon red")
    title = await make(infra, "Lamp red")
    assert await found(infra, search="lamp") == [title, begun, vendor, described]
    assert await found(infra, search="red lamp") == [title, begun, vendor, described]
    # A word of the title that only begins alike is none of it.
    longer = await make(infra, "Internal", description="internet")
    assert await found(infra, search="internet") == [longer]


async def test_a_change_is_found_at_once(infra: Infra) -> None:
    draft = ProductDraft("Old name", [variant()], tags=["one"])
    made = await create_product(infra, draft, "test")
    change = ProductChange(made.id, 1, title="New name", tags=["two"], status=ProductStatus.DRAFT)
    await update_product(infra, change)
    drafts = (ProductStatus.DRAFT,)
    assert await found(infra, search="name") == await found(infra, tag="one", statuses=drafts) == []
    assert await found(infra, search="name", statuses=drafts) == await found(infra, tag="two", statuses=drafts)
    assert await found(infra, tag="two", statuses=drafts) == [made.id]


ANY_TEXT = st.one_of(
    st.text(max_size=200),
    st.text(st.sampled_from("ab %_'\"\\;-*()?+~<>@^$水红 é"), max_size=60),
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=ANY_TEXT, sort=st.sampled_from(ORDERS))
async def test_no_text_breaks_the_search(infra: Infra, how_common: str, text: str, sort: ProductSort) -> None:
    plain = "".join(c for c in text if c.isprintable())
    wanted = ProductFilter(search=plain)
    page = await list_products(infra, wanted, Page(3), sort)
    assert (len(page.places), await count_products(infra, wanted)) == (0, 0)
