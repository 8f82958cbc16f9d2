"""An id is one thing: each Node is found by its id, by those who see it where it is listed, and by nobody else."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from infra.ids import new_id
from models import (
    AuditEntry,
    Identity,
    Image,
    Order,
    OrderLine,
    OrderStatus,
    Payment,
    PaymentStatus,
    Quote,
    RefreshSession,
    Refund,
    RefundState,
    Shipment,
    ShipmentLine,
    StockEntry,
    Variant,
)
from models.enums import Role, Scope
from models.stock import DEFAULT_WAREHOUSE
from resolvers.shared.context import Context
from resolvers.shared.node import Node, decode_id, encode_id, load_nodes, node_names
from services.session.access_tokens import AccessTokens
from services.shared.client import NOWHERE
from services.shared.events import OrderPaid
from services.shared.viewer import Viewer
from services.token.create_token import NewToken, create_token
from services.webhook.create_endpoint import create_endpoint
from services.webhook.list_deliveries import send_test
from services.webhook.rules import Asking
from tests.e2e.shop import CREATE, Person, Shop
from tests.e2e.test_checkout import ADDRESS, add, check_out, ware
from tests.integration.catalog.products import statements
from tests.modes import ONE_MODE

NODES: Final = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
CART: Final = "{ cart { id items { id } unavailableItems { id } } }"
QUOTE: Final = "mutation { createQuote(input: {}) { ... on Quote { id } } }"
CODE: Final = """mutation { createDiscountCode(input: {code: "SPRING", kind: FREE_SHIPPING}) {
  ... on DiscountCode { id } } }"""
ZONE: Final = """mutation { createShippingZone(input: {name: "Moon", idempotencyKey: "zone",
  places: [{countryCode: "IS"}],
  rates: [{code: "post", name: "Post", prices: [{currencyCode: "EUR", steps: [{price: "5.00"}]}]}]}) {
  ... on ShippingZone { id } ... on InvalidInput { fields { path message } } } }"""
REGION: Final = """mutation { createTaxRegion(input: {countryCode: "IS", idempotencyKey: "region",
  rates: [{taxClass: "standard", percent: "24"}]}) {
  ... on TaxRegion { id } ... on InvalidInput { fields { path message } } } }"""
ROLE: Final = (
    'mutation { createCustomRole(input: {name: "Warehouse", scopes: [ORDERS_SHIP]}) { ... on CustomRole { id } } }'
)
GROUP: Final = """mutation { createCustomerGroup(input: {name: "VIP", idempotencyKey: "group"}) {
  ... on CustomerGroup { id } } }"""
JOB: Final = """mutation { startOrderExport(input: {idempotencyKey: "job"}) { ... on Job { id } } }"""
PRICES: Final = """mutation { createPriceList(input: {name: "VIP", idempotencyKey: "list"}) {
  ... on PriceList { id } } }"""
DEFINITION: Final = """mutation { createMetadataDefinition(input: {owner: PRODUCT, key: "care", type: TEXT,
  visibility: PUBLIC, idempotencyKey: "care"}) { ... on MetadataDefinition { id } } }"""
DRAFT: Final = """mutation ($variant: ID!, $customer: ID!) { createDraftOrder(input: {customerId: $customer,
  currencyCode: "EUR", idempotencyKey: "draft", lines: [{variantId: $variant, quantity: 1}]}) {
  ... on DraftOrder { id } } }"""
CATEGORY: Final = 'mutation { createCategory(input: {name: "Shirts"}) { ... on Category { id } } }'
OWN: Final = {"Address", "Cart", "CartItem", "UnavailableCartItem", "ActiveSession", "Identity", "Quote"}
ORDERS: Final = {"Order", "OrderAddress", "OrderLine", "Shipment", "Payment", "Refund"}
STOCK: Final = {"StockLedgerEntry", "Warehouse"}
ADMINS: Final = {"CustomRole", "ServiceToken", "WebhookEndpoint", "WebhookDelivery", "AuditEntry", "User"}
PUBLIC: Final = {"Category", "FlashSale", "FlashSaleItem", "Product", "Variant", "Image"}
TERMS: Final = {"DiscountCode", "ShippingZone", "TaxRegion"}
DRAFTS: Final = {"DraftOrder"}
GROUPS: Final = {"CustomerGroup"}
PRICED: Final = {"PriceList"}
JOBS: Final = {"Job"}
KEYS: Final = {"MetadataDefinition"}
STAFF: Final = PUBLIC | ORDERS | STOCK | TERMS | DRAFTS | GROUPS | PRICED | JOBS | KEYS


@dataclass(frozen=True, slots=True)
class World:
    """``ids``: one of each Node's, by the name in it; what can be somebody's is Ada's.

    ``hidden`` is a draft's image.
    """

    shop: Shop
    ada: Person
    ids: dict[str, str]
    hidden: str

    async def seen_by(self, token: str | None) -> set[str]:
        answer = await self.shop.server.graphql(NODES, {"ids": list(self.ids.values())}, token)
        pairs = zip(self.ids.items(), answer["data"]["nodes"], strict=True)
        found = {name: (id_, node) for (name, id_), node in pairs if node is not None}
        for name, (id_, node) in found.items():
            assert node == {"__typename": name.replace("OrderAddress", "Address"), "id": id_}
        return set(found)


@pytest.fixture
async def world(shop: Shop) -> World:
    staff, ada = await shop.staff(), await shop.customer()
    offer = await shop.offer(staff)
    ids = {"User": ada.id, "Product": offer.product_id, "Variant": offer.variant_id}
    ids |= {"FlashSale": offer.sale_id, "FlashSaleItem": offer.item_id}
    ids["Warehouse"] = encode_id("Warehouse", DEFAULT_WAREHOUSE)
    ids["DiscountCode"] = (await shop.ask(CODE, by=staff))["createDiscountCode"]["id"]
    ids["Category"] = (await shop.ask(CATEGORY, by=staff))["createCategory"]["id"]
    ids["Image"] = await _image(shop, staff, "Shown", "PUBLISHED")
    hidden = await _image(shop, staff, "Hidden", "DRAFT")
    ids |= await _order_and_cart(shop, staff, ada)
    draft = {"variant": offer.variant_id, "customer": ada.id}
    ids["DraftOrder"] = (await shop.ask(DRAFT, draft, staff))["createDraftOrder"]["id"]
    ids["CustomRole"] = (await shop.ask(ROLE, by=await shop.admin()))["createCustomRole"]["id"]
    ids["CustomerGroup"] = (await shop.ask(GROUP, by=staff))["createCustomerGroup"]["id"]
    ids["Job"] = (await shop.ask(JOB, by=staff))["startOrderExport"]["id"]
    ids["PriceList"] = (await shop.ask(PRICES, by=staff))["createPriceList"]["id"]
    ids["MetadataDefinition"] = (await shop.ask(DEFINITION, by=staff))["createMetadataDefinition"]["id"]
    ids["ShippingZone"] = (await shop.ask(ZONE, by=staff))["createShippingZone"]["id"]
    ids["TaxRegion"] = (await shop.ask(REGION, by=staff))["createTaxRegion"]["id"]
    return World(shop, ada, ids | await _rows(shop, ada, ids), hidden)


async def _image(shop: Shop, staff: Person, title: str, status: str) -> str:
    variant = {"sku": title, "price": "1.00", "currencyCode": "EUR", "quantity": 1}
    images = [f"https://example.com/{title}.jpg"]
    given = {"title": title, "status": status, "imageUrls": images, "variants": [variant]}
    made = (await shop.ask(CREATE, {"input": given}, staff))["createProduct"]
    async with shop.server.infra.database.read() as session:
        wanted = select(Image.id).where(Image.product_id == decode_id(made["id"], "Product"))
        return encode_id("Image", (await session.scalars(wanted)).one())


async def _order_and_cart(shop: Shop, staff: Person, ada: Person) -> dict[str, str]:
    where = {"recipient": "Ada", "phone": "+49 30 7777777", "line1": "Way 1", "city": "Berlin"}
    where |= {"countryCode": "DE", "postalCode": "10115"}
    address = (await shop.ask(ADDRESS, {"input": where}, ada))["addAddress"]["id"]
    shirt, gone = await ware(shop, staff, "SHIRT", "20.00"), await ware(shop, staff, "GONE", "20.00")
    await add(shop, ada, shirt, 2)
    order = await check_out(shop, ada, addressId=address)
    await add(shop, ada, shirt, 1)
    await add(shop, ada, gone, 1)
    async with shop.server.infra.database.write() as session:
        archived = update(Variant).where(Variant.id == decode_id(gone, "Variant"))
        await session.execute(archived.values(archived_at=shop.server.infra.now()))
    cart = (await shop.ask(CART, by=ada))["cart"]
    return {
        "Address": address,
        "Order": order["id"],
        "OrderAddress": encode_id("OrderAddress", decode_id(order["id"], "Order")),
        "OrderLine": order["lines"][0]["id"],
        "Quote": (await shop.ask(QUOTE, by=ada))["createQuote"]["id"],
        "Cart": cart["id"],
        "CartItem": cart["items"][0]["id"],
        "UnavailableCartItem": cart["unavailableItems"][0]["id"],
    }


async def _rows(shop: Shop, ada: Person, ids: dict[str, str]) -> dict[str, str]:
    """What takes long to come about."""
    infra, me = shop.server.infra, decode_id(ada.id, "User")
    token = await create_token(infra, NewToken("reads", (Scope.ORDERS_READ,), None), actor="test")
    asking = Asking(me, NOWHERE)
    endpoint = await create_endpoint(infra, "https://example.com/hook", [OrderPaid.type], asking)
    delivery = await send_test(infra, endpoint.id)
    made = _order_rows(decode_id(ids["Order"], "Order"), decode_id(ids["OrderLine"], "OrderLine"), me, infra.now())
    identity = Identity(user_id=me, provider="one", issuer="https://i", subject="s", created_at=infra.now())
    entry = AuditEntry(action="login", outcome="OK", actor=me.hex, subject=me.hex, details={}, at=infra.now())
    found = {"ServiceToken": token.row.id, "WebhookEndpoint": endpoint.id, "WebhookDelivery": delivery.id}
    async with infra.database.write() as session:
        for row in (identity, entry, *made):
            if not isinstance(row, ShipmentLine):
                row.id = found[type(row).__name__] = row.id or new_id()
            session.add(row)
            await session.flush()
        paid = update(Order).where(Order.customer_id == me).values(status=OrderStatus.PAID, expires_at=None)
        await session.execute(paid)
        found["ActiveSession"] = (await session.scalars(select(RefreshSession.id).filter_by(user_id=me))).one()
        found["StockLedgerEntry"] = (await session.scalars(select(StockEntry.id).limit(1))).one()
    return {name: encode_id(name, key) for name, key in found.items()}


def _order_rows(order: UUID, line: UUID, me: UUID, now: Any) -> list[Any]:
    money = {
        "amount": 4000,
        "currency": "EUR",
        "captured": 4000,
        "status": PaymentStatus.CAPTURED,
        "return_url": "x",
    }
    times = {"created_at": now, "updated_at": now}
    payment = Payment(id=new_id(), order_id=order, customer_id=me, provider="manual", checks=0, **money, **times)
    refund = Refund(
        payment_id=payment.id,
        amount=100,
        state=RefundState.DONE,
        reason="r",
        actor="x",
        attempts=0,
        due_at=now,
        **times,
    )
    shipment = Shipment(id=new_id(), order_id=order, carrier="Post", actor="x", at=now)
    return [payment, refund, shipment, ShipmentLine(shipment_id=shipment.id, line_id=line, quantity=1)]


async def machine(shop: Shop, scope: Scope) -> str:
    wish = NewToken("machine", (scope,), timedelta(hours=1))
    return (await create_token(shop.server.infra, wish, actor="test")).token


async def test_each_node_is_found_by_those_who_may_see_it(world: World) -> None:
    shop = world.shop
    assert set(world.ids) == node_names(), "one of each"
    assert len(set(world.ids.values())) == len(world.ids)
    everything = set(world.ids)
    assert await world.seen_by(None) == PUBLIC
    assert await world.seen_by((await shop.customer("Bob")).token) == PUBLIC
    assert await world.seen_by(world.ada.token) == PUBLIC | ORDERS | OWN | {"User", "AuditEntry"}
    assert await world.seen_by((await shop.staff()).token) == STAFF
    admin = (await shop.admin()).token
    assert await world.seen_by(admin) == STAFF | ADMINS == everything - OWN
    for scope, seen in (
        (Scope.STOCK_WRITE, STOCK),
        (Scope.ORDERS_READ, ORDERS | DRAFTS | JOBS),
        (Scope.USERS_READ, {"User"} | GROUPS),
        (Scope.SALES_WRITE, TERMS),
        (Scope.CATALOG_WRITE, PRICED | KEYS),
    ):
        assert await world.seen_by(await machine(shop, scope)) == PUBLIC | seen
    hidden = "query ($id: ID!) { node(id: $id) { id } }"
    assert await shop.ask(hidden, {"id": world.hidden}, world.ada) == {"node": None}
    assert await shop.ask(hidden, {"id": world.hidden}, await shop.staff()) == {"node": {"id": world.hidden}}


@ONE_MODE
async def test_no_two_types_answer_to_one_id(world: World) -> None:
    """The key of one is none of another, but a customer's cart has their user's, and an order's address its
    order's: as ids they are two each.
    """
    keys = {name: decode_id(id_, name) for name, id_ in world.ids.items()}
    same = ({"Order", "OrderAddress"}, {"User", "Cart"})
    strange = [(kind, name) for kind in keys for name in keys if kind != name and {kind, name} not in same]
    for token in (world.ada.token, (await world.shop.admin()).token):
        for start in range(0, len(strange), 100):
            ids = [encode_id(kind, keys[name]) for kind, name in strange[start : start + 100]]
            answer = await world.shop.server.graphql(NODES, {"ids": ids}, token)
            assert [node for node in answer["data"]["nodes"] if node is not None] == []


@ONE_MODE
async def test_an_orders_address_is_no_entry_of_the_address_book(world: World) -> None:
    shop, ada = world.shop, world.ada
    look = """query ($order: ID!, $book: ID!, $then: ID!) {
      order(id: $order) { shippingAddress { ...A } }
      book: node(id: $book) { ...A } then: node(id: $then) { ...A } }
      fragment A on Address { id city }"""
    change = """
      mutation ($input: UpdateAddressInput!) { updateAddress(input: $input) { ... on Address { city } } }"""
    given = {"recipient": "Ada", "phone": "+49 30 7777777", "line1": "Way 2", "city": "Hamburg"}
    given |= {"countryCode": "DE", "postalCode": "20095", "addressId": world.ids["Address"]}
    assert await shop.ask(change, {"input": given}, ada) == {"updateAddress": {"city": "Hamburg"}}
    ids = {"order": world.ids["Order"], "book": world.ids["Address"], "then": world.ids["OrderAddress"]}
    seen = await shop.ask(look, ids, ada)
    then = {"id": ids["then"], "city": "Berlin"}
    assert seen == {
        "order": {"shippingAddress": then},
        "book": {"id": ids["book"], "city": "Hamburg"},
        "then": then,
    }
    refused = await check_out(shop, ada, addressId=ids["then"])
    assert [problem["path"] for problem in refused["fields"]] == [["input", "addressId"]]


@ONE_MODE
async def test_lines_that_cannot_be_ordered_are_changed_by_their_own_ids(world: World) -> None:
    shop, ada, gone = world.shop, world.ada, world.ids["UnavailableCartItem"]
    assert decode_id(gone, "UnavailableCartItem") != decode_id(world.ids["CartItem"], "CartItem")
    shown = "... on CartPayload { cart { unavailableItems { id quantity } } }"

    async def do(verb: str, kind: str, **wish: Any) -> Any:
        asked = f"mutation ($input: {kind}!) {{ {verb}(input: $input) {{ {shown} }} }}"
        return (await shop.ask(asked, {"input": wish}, ada))[verb]["cart"]["unavailableItems"]

    both = [gone, world.ids["CartItem"]]
    left = await do("selectCartItems", "SelectCartItemsInput", itemIds=both, selected=False)
    assert left == [{"id": gone, "quantity": 1}]
    # As it was called before it could not be ordered.
    before = encode_id("CartItem", decode_id(gone, "UnavailableCartItem"))
    assert await do("removeCartItem", "RemoveCartItemInput", itemId=before) == []


async def _clone(world: World, table: Any, times: int) -> list[UUID]:
    """Returns the keys of the one row of Ada's, and of its copies."""
    async with world.shop.server.infra.database.write() as session:
        [row] = await session.scalars(
            select(table).where(table.id == decode_id(world.ids[_name(table)], _name(table)))
        )
        values = {column.key: getattr(row, column.key) for column in table.__table__.columns}
        copies = [new_id() for _ in range(times)]
        await session.execute(insert(table), [values | {"id": id_} for id_ in copies])
    return [row.id, *copies]


def _name(table: Any) -> str:
    return str(table.__name__)


async def test_a_hundred_take_as_many_statements_as_one(world: World) -> None:
    for table in (OrderLine, Shipment, Refund, Image, Quote):
        counts = await _statements(world, table, await _clone(world, table, 99))
        assert counts[1] == counts[2] <= 5, _name(table)


async def _statements(world: World, table: type[Any], keys: list[UUID]) -> list[int]:
    """How many it took to find the first, the first again, and all."""
    infra, counts = world.shop.server.infra, []
    viewer = Viewer(decode_id(world.ada.id, "User"), frozenset(Role), infra.now() + timedelta(hours=1))
    for wanted in (keys[:1], keys[:1], keys):  # the first fills the cache
        context = Context(infra, AccessTokens.from_settings(infra.settings), viewer)
        with statements(infra) as seen:
            found = await load_nodes(context, [(_name(table), key) for key in wanted])
        assert [node.id for node in found if isinstance(node, Node)] == [
            encode_id(_name(table), k) for k in wanted
        ]
        counts.append(len(seen))
    return counts
