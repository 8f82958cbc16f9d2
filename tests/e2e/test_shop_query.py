"""What front ends and clients are told of the shop itself."""

import pytest

from infra.clock import utc_now
from settings import Settings
from settings.shop import ShippingMethod
from tests.e2e.shop import CREATE, Shop, moment
from tests.modes import ONE_MODE

pytestmark = ONE_MODE

WHOLE = """{ shop {
  name serverTime currencies countries paymentProviders
  shippingMethods { code name countries }
  limits {
    cost requestCost accountBudget addressBudget depth fields rootFields aliases directives pageSize
    defaultPageSize nodes documentCharacters documentTokens stringCharacters batch bodyBytes uploadBytes
  } } }"""


@pytest.fixture
def methods() -> dict[str, ShippingMethod]:
    return {
        "parcel": ShippingMethod(name="Parcel", prices={"EUR": 590}, countries=frozenset({"DE", "AT"})),
        "letter": ShippingMethod(name="Letter", prices={"EUR": 90}, countries=frozenset({"DE"})),
    }


@pytest.fixture
async def settings(settings: Settings, methods: dict[str, ShippingMethod]) -> Settings:
    changes = {"shipping_methods": methods, "shop_name": "Ada & Söhne", "payment_providers": ("manual", "sandbox")}
    limits = {"addressCost": "off", "accountCost": "5000/100s"}
    return settings.model_copy(update={**changes, "rate_limits": limits})


async def test_whoever_asks_is_told_all(shop: Shop) -> None:
    staff = await shop.staff()
    for sku, currency, status in (("A", "EUR", "PUBLISHED"), ("B", "JPY", "PUBLISHED"), ("C", "CHF", "DRAFT")):
        variant = {"sku": sku, "price": "900", "currencyCode": currency, "quantity": 1}
        made = await shop.ask(CREATE, {"input": {"title": sku, "status": status, "variants": [variant]}}, staff)
        assert made["createProduct"]["__typename"] == "Product"
    told = (await shop.ask(WHOLE))["shop"]
    assert abs((moment(told.pop("serverTime")) - utc_now()).total_seconds()) < 60
    assert told == {
        "name": "Ada & Söhne",
        "currencies": ["EUR", "JPY"],
        "countries": ["AT", "DE"],
        "paymentProviders": ["manual", "sandbox"],
        "shippingMethods": [
            {"code": "parcel", "name": "Parcel", "countries": ["AT", "DE"]},
            {"code": "letter", "name": "Letter", "countries": ["DE"]},
        ],
        "limits": {
            "cost": 20_000,
            "requestCost": 100,
            "accountBudget": 3_000,
            "addressBudget": None,
            "depth": 15,
            "fields": 500,
            "rootFields": 20,
            "aliases": 30,
            "directives": 50,
            "pageSize": 100,
            "defaultPageSize": 20,
            "nodes": 100,
            "batch": 10,
            "documentCharacters": 20_000,
            "documentTokens": 2_000,
            "stringCharacters": 65_536,
            "bodyBytes": 256 * 1024,
            "uploadBytes": 20 * 1024 * 1024,
        },
    }


@pytest.mark.parametrize("methods", [{}])
async def test_a_shop_without_ways_to_ship_ships_everywhere(shop: Shop) -> None:
    told = (await shop.ask("{ shop { countries shippingMethods { code name } } }"))["shop"]
    assert told["shippingMethods"] == [{"code": "standard", "name": "Standard"}]
    assert len(told["countries"]) > 240
    assert {"DE", "US", "CN"} < set(told["countries"])


@pytest.mark.parametrize(
    ("field", "kept"), [("name limits { cost } countries", "public, max-age=60"), ("name serverTime", "no-store")]
)
async def test_caches_may_keep_all_but_the_time(shop: Shop, field: str, kept: str) -> None:
    answer = await shop.server.http.post("/graphql", json={"query": f"{{ shop {{ {field} }} }}"})
    assert answer.headers["cache-control"] == kept
