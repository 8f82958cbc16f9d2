"""Staff keep the catalog, by the public schema; customers see what becomes of it, and change nothing."""

from typing import Any, Final

import pytest

from tests.e2e.shop import Person, Shop
from tests.modes import ONE_MODE

_STALE: Final = "... on StaleVersion { currentVersion }"
_PRODUCT: Final = f"... on Product {{ ...Whole }} ... on SlugTaken {{ slug }} {_STALE}"
_VARIANT: Final = f"... on Variant {{ id sku isArchived product {{ ...Whole }} }} {_STALE}"
_CATEGORY: Final = (
    "... on Category { id name slug version position isArchived parent { id } } ... on SlugTaken { slug }"
)
_BULK: Final = """
... on BulkProducts { written rejected rows { index product { ...Whole } error { __typename code message } } }
"""
MUTATIONS: Final = {
    "createProduct": ("CreateProductInput", "... on Product { ...Whole } ... on SkuTaken { sku }"),
    "updateProduct": ("UpdateProductInput", _PRODUCT),
    "publishProduct": ("ProductStateInput", _PRODUCT),
    "unpublishProduct": ("ProductStateInput", _PRODUCT),
    "archiveProduct": ("ProductStateInput", _PRODUCT),
    "reorderVariants": ("ReorderVariantsInput", _PRODUCT),
    "createVariant": ("AddVariantInput", f"{_VARIANT} ... on SkuTaken {{ sku }}"),
    "updateVariant": ("UpdateVariantInput", _VARIANT),
    "archiveVariant": ("VariantStateInput", _VARIANT),
    "restoreVariant": ("VariantStateInput", _VARIANT),
    "setVariantPrices": ("SetVariantPricesInput", _VARIANT),
    "createCategory": ("CreateCategoryInput", _CATEGORY),
    "updateCategory": ("UpdateCategoryInput", f"{_CATEGORY} {_STALE}"),
    "moveCategory": ("MoveCategoryInput", f"{_CATEGORY} {_STALE}"),
    "archiveCategory": ("CategoryStateInput", f"{_CATEGORY} {_STALE}"),
    "restoreCategory": ("CategoryStateInput", f"{_CATEGORY} {_STALE}"),
    "bulkCreateProducts": ("BulkCreateProductsInput", _BULK),
    "bulkUpdateProducts": ("BulkUpdateProductsInput", _BULK),
}
WHOLE: Final = """
fragment Whole on Product {
  id slug status version title tags seo { title description } category { name }
  priceRange { min { amount } max { amount } }
  variants(includeArchived: true) {
    id sku title isArchived weightGrams options { name value } stock { onHand }
    price { amount currencyCode } compareAtPrice { amount }
    prices { price { amount currencyCode } compareAtPrice { amount } }
  }
}
"""
LOOK: Final = f"query Look($id: ID!) {{ product(id: $id) {{ ...Whole }} }} {WHOLE}"


async def act(shop: Shop, by: Person | None, name: str, /, **given: object) -> Any:
    """The mutation's answer, or the code of the error."""
    input_type, shown = MUTATIONS[name]
    query = f"""
    mutation Act($input: {input_type}!) {{
      {name}(input: $input) {{
        __typename {shown} ... on Error {{ code message }} ... on InvalidInput {{ fields {{ path message }} }}
      }}
    }}
    """
    whole = WHOLE if "...Whole" in shown else ""
    answer = await shop.server.graphql(query + whole, {"input": given}, by.token if by else None)
    return answer["errors"][0]["extensions"]["code"] if "errors" in answer else answer["data"][name]


def sized(size: str, sku: str, price: str = "19.90") -> dict[str, object]:
    return {
        "sku": sku,
        "price": price,
        "currencyCode": "EUR",
        "quantity": 3,
        "options": [{"name": "Size", "value": size}],
    }


async def test_the_life_of_a_product(shop: Shop) -> None:
    staff, ada = await shop.staff(), await shop.customer()
    seo = {"title": "Buy it", "description": "Now"}
    usd = [{"currencyCode": "USD", "price": "21"}]
    variants = [{**sized("S", "TEE-S"), "compareAtPrice": "25", "weightGrams": 150}]
    variants.append({**sized("L", "TEE-L", "29.90"), "prices": usd})
    made = await act(shop, staff, "createProduct", title="Tee", status="DRAFT", seo=seo, variants=variants)
    assert (made["status"], made["version"], made["seo"]) == ("DRAFT", 1, seo)
    small, large = made["variants"]
    assert large["prices"][1] == {"price": {"amount": "21.00", "currencyCode": "USD"}, "compareAtPrice": None}
    assert small == {
        "id": small["id"],
        "sku": "TEE-S",
        "title": "S",
        "isArchived": False,
        "weightGrams": 150,
        "options": [{"name": "Size", "value": "S"}],
        "stock": {"onHand": 3},
        "price": {"amount": "19.90", "currencyCode": "EUR"},
        "compareAtPrice": {"amount": "25.00"},
        "prices": [{"price": {"amount": "19.90", "currencyCode": "EUR"}, "compareAtPrice": {"amount": "25.00"}}],
    }
    assert await shop.ask(LOOK, {"id": made["id"]}, ada) == {"product": None}
    shown = await act(shop, staff, "publishProduct", id=made["id"], version=1)
    assert (shown["status"], shown["version"]) == ("PUBLISHED", 2)
    assert {"__typename": "Product", **(await shop.ask(LOOK, {"id": made["id"]}))["product"]} == shown

    stale = await act(shop, staff, "updateProduct", id=made["id"], version=1, title="Tea")
    assert (stale["__typename"], stale["code"], stale["currentVersion"]) == ("StaleVersion", "STALE_VERSION", 2)
    change = {"title": "Best Tee", "slug": "best-tee", "tags": ["new"], "seo": {"title": None}}
    changed = await act(shop, staff, "updateProduct", id=made["id"], version=2, **change)
    assert (changed["title"], changed["tags"], changed["version"]) == ("Best Tee", ["new"], 3)
    assert changed["seo"] == {"title": None, "description": "Now"}
    by_old_slug = await shop.ask('{ product(slug: "tee") { slug version } }')
    assert by_old_slug == {"product": {"slug": "best-tee", "version": 3}}

    prices = [{"currencyCode": "JPY", "price": "3000", "compareAtPrice": "4000"}]
    priced = await act(shop, staff, "setVariantPrices", id=small["id"], version=3, prices=prices)
    assert [p["price"]["currencyCode"] for p in priced["product"]["variants"][0]["prices"]] == ["EUR", "JPY"]
    query = """
    query In($id: ID!) { node(id: $id) { ... on Variant {
      price { amount } yen: price(currency: "JPY") { amount currencyCode }
      usd: price(currency: "USD") { currencyCode }
      was: compareAtPrice(currency: "JPY") { amount }
    } } }
    """
    assert (await shop.ask(query, {"id": small["id"]}))["node"] == {
        "price": {"amount": "19.90"},
        "yen": {"amount": "3000", "currencyCode": "JPY"},
        "usd": {"currencyCode": "EUR"},
        "was": {"amount": "4000"},
    }

    added = await act(shop, staff, "createVariant", productId=made["id"], version=4, variant=sized("M", "TEE-M"))
    assert (added["sku"], added["product"]["version"]) == ("TEE-M", 5)
    order = [added["id"], large["id"], small["id"]]
    ordered = await act(shop, staff, "reorderVariants", productId=made["id"], version=5, variantIds=order)
    assert [variant["id"] for variant in ordered["variants"]] == order
    dear = await act(shop, staff, "updateVariant", id=large["id"], version=6, price="99", weightGrams=None)
    assert dear["product"]["priceRange"]["max"] == {"amount": "99.00"}
    gone = await act(shop, staff, "archiveVariant", id=large["id"], version=7)
    assert (gone["isArchived"], gone["product"]["priceRange"]["max"]) == (True, {"amount": "19.90"})
    seen = (await shop.ask(LOOK, {"id": made["id"]}))["product"]["variants"]
    assert [variant["sku"] for variant in seen] == ["TEE-M", "TEE-S"]
    back = await act(shop, staff, "restoreVariant", id=large["id"], version=8)
    assert (back["isArchived"], back["product"]["version"]) == (False, 9)
    archived = await act(shop, staff, "archiveProduct", id=made["id"], version=9)
    assert archived["status"] == "ARCHIVED"
    assert await shop.ask(LOOK, {"id": made["id"]}) == {"product": None}
    assert (await act(shop, staff, "unpublishProduct", id=made["id"], version=10))["status"] == "DRAFT"


@ONE_MODE
@pytest.mark.usefixtures("worker")
async def test_an_order_keeps_its_title_when_its_product_is_gone(shop: Shop) -> None:
    staff, ada = await shop.staff(), await shop.customer()
    offer = await shop.offer(staff)
    placed = await shop.place(ada, offer.item_id)
    [line] = placed["lines"]
    assert line["variant"] == {"id": offer.variant_id, "sku": offer.sku}
    await act(shop, staff, "archiveProduct", id=offer.product_id, version=1)
    for by, variant in ((ada, None), (staff, line["variant"])):
        [kept] = (await shop.order_becomes(by, placed["id"], "AWAITING_PAYMENT"))["lines"]
        assert kept == {**line, "variant": variant}
    shown = await shop.ask(
        "query One($id: ID!) { flashSale(id: $id) { items { id } } }", {"id": offer.sale_id}, ada
    )
    assert shown == {"flashSale": {"items": []}}


@ONE_MODE
async def test_the_tree_of_categories(shop: Shop) -> None:
    staff = await shop.staff()
    root = await act(shop, staff, "createCategory", name="Clothes")
    tops = await act(shop, staff, "createCategory", name="Tops", parentId=root["id"])
    tees = await act(shop, staff, "createCategory", name="Tees", parentId=tops["id"])
    circle = await act(shop, staff, "moveCategory", id=root["id"], version=1, parentId=tees["id"])
    message = "is the category itself or below it"
    assert circle["fields"] == [{"path": ["input", "parentId"], "message": message}]
    taken = await act(shop, staff, "createCategory", name="Other", slug="tees")
    assert (taken["__typename"], taken["slug"]) == ("SlugTaken", "tees")
    renamed = await act(shop, staff, "updateCategory", id=tees["id"], version=1, name="T-Shirts")
    assert (renamed["name"], renamed["slug"], renamed["version"]) == ("T-Shirts", "tees", 2)
    query = """
    { category(slug: "tees") { name parent { name } ancestors { name } children { name } products { totalCount } }
      root: category(slug: "clothes") {
        ancestors { name } children { name children { name children { name } } }
      } }
    """
    assert await shop.ask(query) == {
        "category": {
            "name": "T-Shirts",
            "parent": {"name": "Tops"},
            "ancestors": [{"name": "Clothes"}, {"name": "Tops"}],
            "children": [],
            "products": {"totalCount": 0},
        },
        "root": {
            "ancestors": [],
            "children": [{"name": "Tops", "children": [{"name": "T-Shirts", "children": []}]}],
        },
    }
    await act(shop, staff, "archiveCategory", id=tees["id"], version=2)
    archived = '{ category(slug: "tees") { isArchived } categories { name } }'
    left = [{"name": "Clothes"}, {"name": "Tops"}]
    assert await shop.ask(archived) == {"category": None, "categories": left}
    assert (await shop.ask(archived, by=staff))["category"] == {"isArchived": True}
    moved = await act(shop, staff, "moveCategory", id=tops["id"], version=1, parentId=None, position=0)
    assert (moved["parent"], moved["position"]) == (None, 0)
    assert (await act(shop, staff, "restoreCategory", id=tees["id"], version=3))["isArchived"] is False


async def test_many_products_at_once(shop: Shop) -> None:
    staff = await shop.staff()
    rows = [{"title": f"Tee {n}", "variants": [sized("S", f"TEE-{n}")]} for n in range(3)]
    rows[1]["variants"] = [sized("S", "TEE-0")]
    nothing = await act(shop, staff, "bulkCreateProducts", products=rows, policy="REJECT_ALL")
    assert (nothing["written"], nothing["rejected"]) == (0, 1)
    assert [row["product"] for row in nothing["rows"]] == [None] * 3
    some = await act(shop, staff, "bulkCreateProducts", products=rows, policy="REJECT_ROWS")
    assert (some["written"], some["rejected"]) == (2, 1)
    assert [row["error"] and row["error"]["code"] for row in some["rows"]] == [None, "SKU_TAKEN", None]
    made = [row["product"] for row in some["rows"] if row["product"]]
    changes: list[dict[str, object]] = [
        {"id": made[0]["id"], "version": 1, "title": "New", "categoryId": None},
        {"id": made[1]["id"], "version": 1, "variants": [{"id": made[1]["variants"][0]["id"], "price": "1"}]},
        {"id": "nonsense", "version": 1},
    ]
    changed = await act(shop, staff, "bulkUpdateProducts", products=changes, policy="REJECT_ROWS")
    assert [row["product"] and row["product"]["version"] for row in changed["rows"]] == [2, 2, None]
    assert changed["rows"][1]["product"]["priceRange"]["min"] == {"amount": "1.00"}
    assert changed["rows"][2]["error"] == {
        "__typename": "InvalidInput",
        "code": "INVALID_INPUT",
        "message": "input.products.2.id: is not an id",
    }


@ONE_MODE
async def test_only_staff_change_anything(shop: Shop) -> None:
    staff, ada = await shop.staff(), await shop.customer()
    made = await act(shop, staff, "createProduct", title="Tee", variants=[sized("S", "TEE")])
    given: dict[str, dict[str, object]] = {
        "CreateProductInput": {"title": "T", "variants": []},
        "UpdateProductInput": {"title": "T"},
        "ReorderVariantsInput": {"productId": made["id"], "variantIds": []},
        "AddVariantInput": {"productId": made["id"], "variant": sized("L", "TEE-L")},
        "SetVariantPricesInput": {"prices": []},
        "CreateCategoryInput": {"name": "C"},
        "BulkCreateProductsInput": {"products": [], "policy": "REJECT_ALL"},
        "BulkUpdateProductsInput": {"products": [], "policy": "REJECT_ALL"},
    }
    for name, (input_type, _) in MUTATIONS.items():
        wish = dict(given.get(input_type, {}))
        if not input_type.startswith(("Create", "Bulk")):
            wish["version"] = 1
            if "productId" not in wish:
                wish["id"] = made["id"] if "Product" in input_type else made["variants"][0]["id"]
        assert await act(shop, ada, name, **wish) == "FORBIDDEN"
        assert await act(shop, None, name, **wish) == "UNAUTHENTICATED"
    assert {"__typename": "Product", **(await shop.ask(LOOK, {"id": made["id"]}))["product"]} == made
    assert await shop.ask("{ categories { id } }") == {"categories": []}
