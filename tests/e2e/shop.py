"""A shop over HTTP: who shops there, and the operations of a client, as a front end would send them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import uuid4

from models import Role
from models.user import User
from resolvers.shared.node import decode_id, encode_id
from services.reservation.keys import ItemKeys
from services.session.access_tokens import AccessTokens
from services.session.new_session import new_session
from services.session.token_pair import TokenPair
from services.shared.client import NOWHERE
from services.user.register import register, sign_up
from tests.server import Server
from tests.waiting import until

PASSWORD: Final = "correct horse battery"

ORDER: Final = """
fragment WholeOrder on Order {
  id number status placedAt expiresAt
  total { amount currencyCode }
  lines {
    id sku title quantity
    unitPrice { amount currencyCode } lineTotal { amount currencyCode }
    variant { id sku }
  }
  history { at status note }
  customer { id email }
}
"""
_ERRORS: Final = """
... on Error { code message }
... on OutOfStock { sku available }
... on InvalidInput { fields { path message } }
"""
PLACE: Final = f"""
mutation Place($input: PlaceFlashOrderInput!) {{
  placeFlashOrder(input: $input) {{
    __typename
    ... on Order {{ ...WholeOrder }}
    {_ERRORS}
    ... on PurchaseLimitReached {{ limit alreadyOrdered }}
    ... on FlashSaleNotRunning {{ startsAt endsAt }}
    ... on TryAgain {{ retryAfterMs }}
  }}
}}
{ORDER}
"""
CANCEL: Final = f"""
mutation Cancel($input: CancelOrderInput!) {{
  cancelOrder(input: $input) {{
    __typename
    ... on Order {{ ...WholeOrder }}
    ... on Error {{ code message }}
    ... on InvalidTransition {{ from to }}
    ... on InvalidInput {{ fields {{ path message }} }}
  }}
}}
{ORDER}
"""
CREATE: Final = """
mutation Create($input: CreateProductInput!) {
  createProduct(input: $input) {
    __typename
    ... on Product { id slug title variants { id sku } }
    ... on Error { code message }
    ... on InvalidInput { fields { path message } }
  }
}
"""
SCHEDULE: Final = f"""
mutation Schedule($input: ScheduleFlashSaleInput!) {{
  scheduleFlashSale(input: $input) {{
    __typename
    ... on FlashSale {{ id name status items {{ id quantity remaining perCustomerLimit }} }}
    {_ERRORS}
  }}
}}
"""
CHANGE: Final = """
mutation Change($input: ChangeFlashSaleInput!) {
  changeFlashSale(input: $input) {
    __typename
    ... on FlashSale {
      name status version startsAt endsAt
      items { quantity remaining perCustomerLimit price { amount } variant { sku stock { available setAside } } }
    }
    ... on Error { code message }
    ... on OutOfStock { sku available }
    ... on StaleVersion { currentVersion }
    ... on FlashSaleStateConflict { status }
    ... on InvalidInput { fields { path message } }
  }
}
"""
REGISTER: Final = """
mutation Register($input: RegisterInput!) {
  register(input: $input) {
    __typename
    ... on Session { accessToken accessTokenExpiresAt user { id email displayName roles } }
    ... on Error { code message }
    ... on InvalidInput { fields { path message } }
  }
}
"""
LOGIN: Final = """
mutation Login($input: LoginInput!) {
  login(input: $input) {
    __typename
    ... on Session { accessToken user { id email roles } }
    ... on Error { code message }
  }
}
"""
LOOK: Final = """
query Look($item: ID!, $variant: ID!) {
  item: node(id: $item) { ... on FlashSaleItem { remaining } }
  variant: node(id: $variant) { ... on Variant { stock { available held onHand setAside } } }
}
"""


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    email: str
    token: str


@dataclass(frozen=True, slots=True)
class Offer:
    """An item on sale; ``on_hand`` and ``quantity`` as they were at first."""

    sale_id: str
    item_id: str
    product_id: str
    variant_id: str
    sku: str
    on_hand: int
    quantity: int


def new_key() -> str:
    return uuid4().hex


def moment(shown: str) -> datetime:
    """A DateTime of an answer."""
    return datetime.fromisoformat(shown)


def _person(user: User, tokens: TokenPair) -> Person:
    return Person(encode_id("User", user.id), user.email, tokens.access_token)


@dataclass(frozen=True, slots=True)
class Shop:
    server: Server

    async def ask(self, query: str, variables: dict[str, Any] | None = None, by: Person | None = None) -> Any:
        """The data of an answer that has no errors."""
        answer = await self.server.graphql(query, variables, by.token if by else None)
        assert "errors" not in answer, answer
        return answer["data"]

    async def customer(self, name: str = "Ada") -> Person:
        """A new account, as the public registration makes it."""
        infra, tokens = self.server.infra, self._tokens()
        given = {"email": f"{uuid4().hex[:12]}@example.com", "password": PASSWORD, "display_name": name}
        signed_in = await sign_up(infra, tokens, **given, client=NOWHERE)
        return _person(signed_in.user, signed_in.tokens)

    async def staff(self) -> Person:
        return await self._made(Role.CUSTOMER, Role.STAFF)

    async def admin(self) -> Person:
        return await self._made(Role.CUSTOMER, Role.STAFF, Role.ADMIN)

    async def _made(self, *roles: Role) -> Person:
        """With a session of their own, as if they had signed in."""
        infra, email = self.server.infra, f"{uuid4().hex[:12]}@example.com"
        user = await register(infra, email=email, password=PASSWORD, display_name="Sam", roles=roles)
        started = new_session(infra, self._tokens(), user, NOWHERE)
        async with infra.database.write() as session:
            session.add(started.row)
        return _person(user, started.tokens)

    def _tokens(self) -> AccessTokens:
        return AccessTokens.from_settings(self.server.infra.settings, self.server.infra.now)

    async def offer(
        self, staff: Person, *, quantity: int = 5, on_hand: int = 10, limit: int = 100, price: str = "19.90"
    ) -> Offer:
        """A new product in a sale that runs now."""
        sku = f"SKU-{uuid4().hex[:10]}"
        variant = {"sku": sku, "price": "50.00", "currencyCode": "EUR", "quantity": on_hand}
        product = await self.ask(CREATE, {"input": {"title": f"Shirt {sku}", "variants": [variant]}}, staff)
        item = {"sku": sku, "price": price, "quantity": quantity, "perCustomerLimit": limit}
        now = self.server.infra.now()
        window = {"startsAt": (now - timedelta(minutes=1)).isoformat(), "endsAt": (now + timedelta(1)).isoformat()}
        sale = await self.ask(SCHEDULE, {"input": {"name": "Rush", **window, "items": [item]}}, staff)
        made, scheduled = product["createProduct"], sale["scheduleFlashSale"]
        await until(partial(self._is_loaded, sku, scheduled["items"][0]["id"]), bool)
        return Offer(
            scheduled["id"],
            scheduled["items"][0]["id"],
            made["id"],
            made["variants"][0]["id"],
            sku,
            on_hand,
            quantity,
        )

    async def _is_loaded(self, sku: str, item_id: str) -> bool:
        """A server that is slow to load its counters has the workers do it; until then there is ``TryAgain``."""
        keys = ItemKeys.of(sku, decode_id(item_id, "FlashSaleItem"))
        [found] = await self.server.infra.redis.execute(("HEXISTS", keys.item, "run"))
        return bool(found)

    async def place(self, by: Person, item_id: str, quantity: int = 1, key: str | None = None) -> Any:
        wish = {"itemId": item_id, "quantity": quantity, "idempotencyKey": key or new_key()}
        return (await self.ask(PLACE, {"input": wish}, by))["placeFlashOrder"]

    async def cancel(self, by: Person, order_id: str, key: str | None = None, reason: str | None = None) -> Any:
        wish = {"orderId": order_id, "idempotencyKey": key or new_key(), "reason": reason}
        return (await self.ask(CANCEL, {"input": wish}, by))["cancelOrder"]

    async def order(self, by: Person | None, order_id: str) -> Any:
        query = f"query One($id: ID!) {{ order(id: $id) {{ ...WholeOrder }} }} {ORDER}"
        return (await self.ask(query, {"id": order_id}, by))["order"]

    async def order_becomes(self, by: Person, order_id: str, status: str) -> Any:
        return await until(lambda: self.order(by, order_id), lambda order: order["status"] == status)

    async def counts(self, offer: Offer) -> dict[str, int]:
        """The item's ``remaining`` beside its variant's stock."""
        seen = await self.ask(LOOK, {"item": offer.item_id, "variant": offer.variant_id})
        return {**seen["item"], **seen["variant"]["stock"]}

    async def counts_become(self, offer: Offer, expected: dict[str, int]) -> None:
        """For what workers do: the order shows it first, then Redis and what is kept of the stock."""
        await until(partial(self.counts, offer), expected.__eq__)
