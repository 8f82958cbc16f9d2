"""The client in clients/python, against a server: it buys, goes on whatever is in the way, and stays signed in."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from runpy import run_path

import httpx
import pytest
from rushcart_client import (
    InvalidCredentials,
    InvalidInput,
    NotNow,
    OutOfStock,
    Refused,
    Rushcart,
    Session,
    SessionExpired,
    Unauthenticated,
    Unreachable,
    new_key,
)
from rushcart_client.generated.input_types import AddAddressInput

from settings import Settings
from tests.documents import ROOT
from tests.e2e.shop import PASSWORD, Shop
from tests.e2e.test_guests import order_mails
from tests.mailbox import Mailbox, token_in
from tests.modes import ONE_MODE
from tests.server import Server, serve
from tests.waiting import until

pytestmark = ONE_MODE


class Losing(httpx.AsyncHTTPTransport):
    """A network that loses the answers to ``lost`` requests that have this text in them; they were carried out."""

    def __init__(self, text: bytes, lost: int) -> None:
        super().__init__()
        self._text = text
        self.lost = lost
        self.bodies: list[bytes] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        if self._text in request.content:
            self.bodies.append(request.content)
            if self.lost:
                self.lost -= 1
                await answer.aread()
                raise httpx.ReadError("the line is gone")
        return answer


@pytest.mark.usefixtures("worker")
async def test_a_stranger_signs_up_buys_and_pays(shop: Shop) -> None:
    staff = await shop.staff()
    offer = await shop.offer(staff, quantity=3, on_hand=5)
    async with Rushcart(shop.server.url) as client:
        with pytest.raises(InvalidInput) as wrong:
            await client.sign_up("nobody", PASSWORD, "Ada")
        assert wrong.value.problems.keys() == {"input.email"}
        user = await client.sign_up("ada@example.com", PASSWORD, "Ada")
        me = await client.me()
        assert me is not None
        assert (me.id, me.email) == (user.id, "ada@example.com")
        [sale] = await client.running_sales()
        [item] = sale.items
        assert (item.id, item.remaining, item.price.amount) == (offer.item_id, 3, Decimal("19.90"))
        order = await client.buy(item.id, 2)
        assert (order.total.amount, order.lines[0].sku) == (Decimal("39.80"), offer.sku)
        with pytest.raises(OutOfStock) as gone:
            await client.buy(item.id, 2)
        assert gone.value.available == 1
        await until(lambda: client.order(order.id), lambda one: one is not None and one.status != "ACCEPTED")
        payment = await client.pay(order.id, provider="sandbox")
        assert (payment.amount.amount, payment.redirect_url is not None) == (Decimal("39.80"), True)
        cart = await client.add_to_cart(offer.variant_id)
        assert (cart.total_quantity, cart.items[0].variant.sku) == (1, offer.sku)
        checked_out = await client.check_out()
        assert [one.id for one in await client.orders()] == [checked_out.id, order.id]
        with pytest.raises(Refused, match="CART_EMPTY"):
            await client.check_out()
        assert (await client.cancel(checked_out.id, reason="too many")).status == "CANCELLED"
        [found] = await client.products(offer.sku)
        shown = await client.product(found.slug)
        assert shown is not None
        assert shown.variants[0].sku == offer.sku
        await client.sign_out()
        assert (client.session, await client.me(), await client.order(order.id)) == (None, None, None)
        with pytest.raises(InvalidCredentials):
            await client.sign_in("ada@example.com", "not the password")
        assert (await client.sign_in("ADA@example.com", PASSWORD)).id == user.id


async def test_the_example_buys(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    offer = await shop.offer(await shop.staff())
    await run_path(str(ROOT / "examples" / "python_buyer" / "buy.py"))["buy"](shop.server.url)
    assert "order " in capsys.readouterr().out
    assert (await shop.counts(offer))["remaining"] == offer.quantity - 1


async def test_an_order_is_placed_once_though_its_answers_are_lost(shop: Shop) -> None:
    offer, ada = await shop.offer(await shop.staff()), await shop.customer()
    losing = Losing(b"placeFlashOrder", 2)
    http = httpx.AsyncClient(transport=losing)
    async with Rushcart(shop.server.url, session=_session(ada.token), http=http) as client:
        order = await client.buy(offer.item_id)
        assert (len(set(losing.bodies)), len(losing.bodies)) == (1, 3)
        losing.lost = 1
        again = new_key()
        client.operations._patience = 0
        with pytest.raises(Unreachable):
            await client.buy(offer.item_id, key=again)
        second = await client.buy(offer.item_id, key=again)
        assert {one.id for one in await client.orders()} == {order.id, second.id}
    assert (await shop.counts(offer))["remaining"] == offer.quantity - 2
    # What has no key may have been done: it is not sent again.
    losing = Losing(b"logout", 1)
    async with Rushcart(shop.server.url, http=httpx.AsyncClient(transport=losing)) as client:
        with pytest.raises(Unreachable):
            await client.ask('mutation { logout(input: {refreshToken: "x"}) { ... on Error { code message } } }')
        assert len(losing.bodies) == 1


async def test_it_waits_as_long_as_it_is_told_and_no_longer_than_it_may(settings: Settings) -> None:
    limited = settings.model_copy(update={"rate_limits": {"placeFlashOrder": "1/1s"}})
    async with serve(limited) as server:
        shop = Shop(server)
        offer, ada = await shop.offer(await shop.staff()), await shop.customer()
        async with Rushcart(server.url, session=_session(ada.token)) as client:
            assert len({(await client.buy(offer.item_id)).id for _ in range(2)}) == 2
            client.operations._patience = 0
            with pytest.raises(NotNow, match="RATE_LIMITED") as refused:
                await client.buy(offer.item_id)
        assert 0 < refused.value.retry_after <= 1
        assert (await shop.counts(offer))["remaining"] == offer.quantity - 2


async def test_a_session_is_renewed_once_for_all_and_ends(server: Server) -> None:
    told: list[Session | None] = []
    losing = Losing(b"refreshSession", 1)
    http = httpx.AsyncClient(transport=losing)
    async with Rushcart(server.url, on_session=told.append, http=http) as client:
        with pytest.raises(Unauthenticated):
            await client.cancel("x")
        await client.sign_up("bob@example.com", PASSWORD, "Bob")
        first = client.session
        assert told == [None, first]
        assert first is not None
        changes: tuple[Callable[[Session], Session], ...] = (
            lambda one: replace(one, access_token="out.of.date"),
            lambda one: replace(one, access_token_expires_at=datetime.now(UTC) - timedelta(days=1)),
        )
        for times, change in enumerate(changes, 2):
            told.clear()
            last = client.session
            assert last is not None
            client.operations.begin(change(last))
            assert await asyncio.gather(*(client.orders() for _ in range(8))) == [[]] * 8
            assert len(told) == 2
            assert client.session == told[-1] != last
            assert len(losing.bodies) == times
        assert client.session is not None
        client.operations.begin(replace(first, access_token="out.of.date"))
        with pytest.raises(SessionExpired):
            await client.me()
        assert told[-1] is None
        assert client.operations.session is None
        assert await client.me() is None


def _session(token: str) -> Session:
    """Of somebody who is signed in already."""
    return Session(token, datetime.now(UTC) + timedelta(minutes=5), "none")


@pytest.mark.usefixtures("worker")
async def test_a_guest_orders_and_pays_by_the_mailed_link(shop: Shop) -> None:
    offer, mailbox = await shop.offer(await shop.staff()), Mailbox(shop.server.infra.settings.home)
    async with Rushcart(shop.server.url) as client, Rushcart(shop.server.url) as nobody:
        assert (await client.go_on_as_guest("bob@example.com", "Bob")).roles == ["GUEST"]
        where = {"recipient": "Bob", "phone": "+49 30 1234567", "line1": "Street 1", "city": "Berlin"}
        given = AddAddressInput(**where, country_code="DE", postal_code="10115")
        order = await client.buy(offer.item_id, address_id=await client.add_address(given))
        assert await client.ask_to_confirm_email() == "bob@example.com"
        await client.confirm_email(await mailbox.token("bob@example.com", "Confirm your e-mail address"))
        assert [one.id for one in await client.orders()] == [order.id]
        assert (await client.ask("{ me { emailVerified } }"))["me"]["emailVerified"] is True
        [mail] = await until(lambda: order_mails(mailbox, "bob@example.com"), bool)
        secret = token_in(mail)
        link = f"https://shop.test/order#token={secret}"
        seen = await nobody.order_by_link(link)
        assert seen is not None
        assert (seen.id, await nobody.order_by_link("x" * 43), nobody.session) == (order.id, None, None)
        assert (await nobody.pay_by_link(secret)).redirect_url
