"""The page with Stripe's form, as a browser gets it."""

from collections.abc import Iterator
from typing import Final

import pytest

from settings import Settings
from tests.e2e.shop import Shop, new_key
from tests.e2e.test_flash_quotes import ARM
from tests.go_program import BUILDING
from tests.modes import ONE_MODE
from tests.server import Server
from tests.stripe_mock import stripe_mock, stripe_settings

pytestmark = [pytest.mark.timeout(BUILDING), ONE_MODE]

PAY: Final = """
mutation ($input: CreatePaymentInput!) { createPayment(input: $input) { ... on Payment { redirectUrl } } }
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with stripe_mock() as url:
        yield url


@pytest.fixture
async def settings(settings: Settings, address: str) -> Settings:
    return settings.model_copy(update=stripe_settings(address) | {"storefront_url": "https://a.test/?a='\"<b>"})


async def test_the_page_has_what_stripes_form_needs(shop: Shop) -> None:
    """And nothing but Stripe is let in; the secret is where no server sees it."""
    staff, ada = await shop.staff(), await shop.customer()
    offer = await shop.offer(staff)
    order = await shop.place(ada, offer.item_id)
    wish = {"orderId": order["id"], "idempotencyKey": new_key()}
    url, _, secret = (await shop.ask(PAY, {"input": wish}, ada))["createPayment"]["redirectUrl"].partition("#")
    assert "_secret_" in secret
    page = await shop.server.http.get(url)
    assert (page.status_code, secret in page.text) == (200, False)
    for part in ('data-key="pk_test_123"', "a=&#x27;&quot;&lt;b&gt;", "https://js.stripe.com/v3/", "19.90 EUR"):
        assert part in page.text
    assert page.headers.get_list("referrer-policy") == ["origin"]
    policy = page.headers["content-security-policy"]
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    assert f'<script nonce="{nonce}">' in page.text
    assert "default-src 'none'" in policy
    assert (await shop.server.http.get(url)).headers["content-security-policy"] != policy


@pytest.mark.parametrize("reference", ["pi_0", "x" * 500, "%00", "..%2f..%2fetc", "é"])
async def test_there_is_no_page_of_nothing(server: Server, reference: str) -> None:
    assert (await server.http.get(f"/stripe/payments/{reference}")).status_code == 404
    assert (await server.http.get(f"/stripe/setups/{reference}")).status_code == 404


async def test_a_card_is_saved_for_an_armed_order(shop: Shop) -> None:
    ada, offer = await shop.customer(), await shop.offer(await shop.staff())
    wish = {"itemId": offer.item_id, "quantity": 1, "idempotencyKey": new_key(), "provider": "stripe"}
    url, _, secret = (await shop.ask(ARM, {"input": wish}, ada))["armFlashOrder"]["redirectUrl"].partition("#")
    page = await shop.server.http.get(url)
    assert (page.status_code, secret in page.text, "_secret_" in secret) == (200, False, True)
    assert 'data-confirm="confirmSetup"' in page.text
