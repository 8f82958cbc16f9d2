"""A shop as its customer sees it."""

from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import uuid4

import httpx

from rushcart_client.generated.add_address import AddAddressAddressAddress
from rushcart_client.generated.ask_to_confirm import AskToConfirmAskedRequestEmailVerificationSuccess
from rushcart_client.generated.client import Operations
from rushcart_client.generated.fragments import CartParts, OrderParts, ProductParts, Tokens, TokensUser
from rushcart_client.generated.input_types import (
    AddAddressInput,
    AddCartItemInput,
    CancelOrderInput,
    CheckoutInput,
    CreatePaymentInput,
    LoginInput,
    LogoutInput,
    PayOrderByLinkInput,
    PlaceFlashOrderInput,
    ProductFilter,
    RegisterInput,
    StartGuestSessionInput,
    VerifyEmailInput,
)
from rushcart_client.generated.me import MeMe
from rushcart_client.generated.pay import PayCreatePaymentPayment
from rushcart_client.generated.pay_by_link import PayByLinkPaymentPayment
from rushcart_client.generated.running_sales import RunningSalesFlashSalesEdgesNode
from rushcart_client.session import Session
from rushcart_client.transport import PATIENCE, OnSession

T = TypeVar("T")


def new_key() -> str:
    """Make an idempotency key: one for each intention, the same for all that is asked of it."""
    return uuid4().hex


class Rushcart:
    """A client for one customer, or for nobody.

    What places, cancels or pays an order takes a ``key``; without one it makes one, which is the same in all its
    retries. Give your own when you may want to ask again after an exception, or after your program has ended. All
    methods raise ``RushcartError``; those that are expected have classes of their own.
    """

    def __init__(
        self,
        url: str,
        *,
        session: Session | None = None,
        on_session: OnSession | None = None,
        patience: float = PATIENCE,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        """Take what ``Transport`` takes. ``patience``: seconds in which what is refused for the moment is tried
        again."""
        self.operations = Operations(url, session=session, on_session=on_session, patience=patience, http=http)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.operations.__aexit__(kind, error, trace)

    @property
    def session(self) -> Session | None:
        """Who is signed in: give it to the next client to go on."""
        return self.operations.session

    async def ask(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """Returns the data of an operation of your own."""
        return await self.operations.ask(query, variables)

    async def sign_up(self, email: str, password: str, display_name: str) -> TokensUser:
        """Make an account, and sign in. Errors: InvalidInput, Refused (EMAIL_TAKEN)."""
        self.operations.begin(None)
        wish = RegisterInput(email=email, password=password, display_name=display_name)
        return self._begin((await self.operations.sign_up(wish)).session)

    async def sign_in(self, email: str, password: str) -> TokensUser:
        """Errors: InvalidCredentials."""
        self.operations.begin(None)
        return self._begin((await self.operations.sign_in(LoginInput(email=email, password=password))).login)

    async def go_on_as_guest(self, email: str, name: str | None = None) -> TokensUser:
        """Order without an account: what is ordered is seen in this session, and by the links of its mails.

        Errors: InvalidInput.
        """
        self.operations.begin(None)
        wish = StartGuestSessionInput(email=email, name=name)
        return self._begin((await self.operations.start_guest(wish)).guest)

    async def ask_to_confirm_email(self) -> str:
        """Have a link mailed that proves that the address is one's own; returns the address. Errors: Refused."""
        asked = (await self.operations.ask_to_confirm()).asked
        return _good(asked, AskToConfirmAskedRequestEmailVerificationSuccess).email

    async def confirm_email(self, link: str) -> None:
        """Confirm the address by the link, or the token in it; the session then says so. Errors: Refused."""
        await self.operations.confirm_email(VerifyEmailInput(token=_token_in(link)))
        await self.operations.renew()

    async def sign_out(self) -> None:
        session = self.session
        if session is not None:
            self.operations.begin(None)
            await self.operations.sign_out(LogoutInput(refresh_token=session.refresh_token))

    async def me(self) -> MeMe | None:
        """Returns whose session it is."""
        return (await self.operations.me()).me

    async def add_address(self, address: AddAddressInput) -> str:
        """Returns its id, for orders. Errors: InvalidInput."""
        return _good((await self.operations.add_address(address)).address, AddAddressAddressAddress).id

    async def products(self, search: str | None = None, *, first: int = 20) -> list[ProductParts]:
        """Returns the newest products, or those that are found best."""
        found = await self.operations.products(ProductFilter(search=search), first)
        return [edge.node for edge in found.products.edges]

    async def product(self, slug: str) -> ProductParts | None:
        return (await self.operations.product_of(slug=slug)).product

    async def running_sales(self) -> list[RunningSalesFlashSalesEdgesNode]:
        return [edge.node for edge in (await self.operations.running_sales()).flash_sales.edges]

    async def buy(
        self,
        item_id: str,
        quantity: int = 1,
        *,
        key: str | None = None,
        address_id: str | None = None,
        admission: str | None = None,
    ) -> OrderParts:
        """Order units of a sale's item. ``admission``: the pass of its waiting room.

        Errors: OutOfStock, PurchaseLimitReached, FlashSaleNotRunning, AdmissionRequired, NotFound, TryAgain.
        """
        wish = PlaceFlashOrderInput(
            item_id=item_id,
            quantity=quantity,
            idempotency_key=key or new_key(),
            address_id=address_id,
            pass_=admission,
        )
        return _good((await self.operations.buy(wish)).place_flash_order, OrderParts)

    async def add_to_cart(self, variant_id: str, quantity: int = 1, *, key: str | None = None) -> CartParts:
        """Errors: OutOfStock, NotFound, InvalidInput, TryAgain."""
        wish = AddCartItemInput(variant_id=variant_id, quantity=quantity, idempotency_key=key or new_key())
        answer: Any = (await self.operations.add_to_cart(wish)).add_cart_item
        return _good(answer.cart, CartParts)

    async def cart(self) -> CartParts | None:
        return (await self.operations.cart_now()).cart

    async def check_out(self, *, key: str | None = None, address_id: str | None = None) -> OrderParts:
        """Order what is in the cart. Errors: OutOfStock, Refused (CART_EMPTY), NotFound, TryAgain."""
        wish = CheckoutInput(idempotency_key=key or new_key(), address_id=address_id)
        return _good((await self.operations.check_out(wish)).checkout, OrderParts)

    async def pay(
        self,
        order_id: str,
        *,
        provider: str | None = None,
        return_url: str | None = None,
        key: str | None = None,
    ) -> PayCreatePaymentPayment:
        """Begin a payment; the customer goes on at its ``redirect_url``, if any. Errors: Refused, TryAgain."""
        wish = CreatePaymentInput(
            order_id=order_id, idempotency_key=key or new_key(), provider=provider, return_url=return_url
        )
        return _good((await self.operations.pay(wish)).create_payment, PayCreatePaymentPayment)

    async def cancel(self, order_id: str, *, reason: str | None = None, key: str | None = None) -> OrderParts:
        """Errors: Refused (INVALID_TRANSITION), NotFound, TryAgain."""
        wish = CancelOrderInput(order_id=order_id, idempotency_key=key or new_key(), reason=reason)
        return _good((await self.operations.cancel(wish)).cancel_order, OrderParts)

    async def order(self, order_id: str) -> OrderParts | None:
        """Returns one of the customer's orders, at once after it was placed."""
        return (await self.operations.order_of(order_id)).order

    async def order_by_link(self, link: str) -> OrderParts | None:
        """Returns the order that a mailed link, or the token in it, leads to; nobody has to be signed in."""
        return (await self.operations.order_by_link(_token_in(link))).order

    async def pay_by_link(
        self, link: str, *, provider: str | None = None, return_url: str | None = None, key: str | None = None
    ) -> PayByLinkPaymentPayment:
        """Begin a payment of the order that a link leads to. Errors: Refused, NotFound, TryAgain."""
        wish = PayOrderByLinkInput(
            token=_token_in(link), idempotency_key=key or new_key(), provider=provider, return_url=return_url
        )
        return _good((await self.operations.pay_by_link(wish)).payment, PayByLinkPaymentPayment)

    async def orders(self, *, first: int = 20) -> list[OrderParts]:
        """Returns the customer's newest orders. Errors: Unauthenticated."""
        me = (await self.operations.my_orders(first)).me
        return [] if me is None else [edge.node for edge in me.orders.edges]

    def _begin(self, answer: object) -> TokensUser:
        tokens = _good(answer, Tokens)
        self.operations.begin(Session(tokens.access_token, tokens.access_token_expires_at, tokens.refresh_token))
        return tokens.user


def _token_in(link: str) -> str:
    return link.rpartition("token=")[2]


def _good(answer: object, kind: type[T]) -> T:
    """Returns what was asked for: what was refused has been raised."""
    if not isinstance(answer, kind):
        raise TypeError(f"the server answered with a {type(answer).__name__}")
    return answer
