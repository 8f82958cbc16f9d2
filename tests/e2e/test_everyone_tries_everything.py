"""The whole schema, tried by those who may not: nobody, another customer, staff, a machine with another scope.

The operations are made from the schema, with the ids of one customer's things in every place that takes an id. A
field that is added later is tried as well.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, is_required_argument
from graphql import build_schema as from_sdl
from sqlalchemy import select

from graphql_api import documents
from graphql_api.schema import build_schema
from infra.runtime import Infra
from models import Address, Identity, Order, Payment, RefreshSession, Role, User
from models.enums import Scope
from resolvers.shared.node import decode_id, encode_id, split_id
from services.session.access_tokens import AccessTokens
from services.token.create_token import NewToken, create_token
from services.user.find_by_email import find_by_email
from services.user.grant_role import grant_role
from services.user.rows import ByAdmin
from tests.e2e.operations_of import NotExpressible, RootField, root_fields, selection
from tests.e2e.shop import PASSWORD, Person, Shop
from tests.live import event_stream
from tests.modes import ONE_MODE

pytestmark = [ONE_MODE, pytest.mark.usefixtures("worker")]

SCHEMA = from_sdl(build_schema().as_str())
FIELDS = list(root_fields(SCHEMA))
# A file comes by another way than a literal.
NOT_TRIED = {"Upload"}
PAY = "mutation ($input: CreatePaymentInput!) { createPayment(input: $input) { ... on Payment { id } } }"
SECRETS = ("Ada Marker Name", "Marker Street 77", "+49 30 7777777")
# A worker asks the provider about a payment from time to time, and tells of what was changed a little later.
_OF_WORKERS = {"checks", "check_at", "tell_at", "tell_as"}
_INCLUDES = {"CUSTOMER": {"GUEST", "CUSTOMER"}, "STAFF": {"GUEST", "CUSTOMER", "STAFF"}}
ADDRESS = """
mutation { addAddress(input: {recipient: "Ada Marker Name", phone: "+49 30 7777777", line1: "Marker Street 77",
  city: "Berlin", postalCode: "10115", countryCode: "DE"}) { ... on Address { id } } }
"""


@dataclass(frozen=True, slots=True)
class Victim:
    """A customer with one of everything; ``ids`` are those of their things, and of what is on sale."""

    person: Person
    order_number: str
    private: tuple[str, ...]
    ids: tuple[str, ...]


@pytest.fixture(scope="module", autouse=True)
def documents_are_kept() -> Iterator[None]:
    """All of them, from one test to the next: they come in the same order, just too many for what servers keep."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(documents, "_MAX_KEPT_CHARS", 1_000_000)
        yield


@pytest.fixture
async def victim(shop: Shop) -> Victim:
    ada, staff = await shop.customer("Ada Marker Name"), await shop.staff()
    offer = await shop.offer(staff)
    address = (await shop.ask(ADDRESS, by=ada))["addAddress"]["id"]
    order = await shop.place(ada, offer.item_id)
    await shop.order_becomes(ada, order["id"], "AWAITING_PAYMENT")
    wish = {"orderId": order["id"], "idempotencyKey": "k"}
    payment = (await shop.ask(PAY, {"input": wish}, ada))["createPayment"]["id"]
    async with shop.server.infra.database.read() as session:
        rows = await session.scalars(select(RefreshSession.id).where(RefreshSession.user_id == _key(ada)))
        sessions = [encode_id("ActiveSession", id_) for id_ in rows]
    private = (ada.id, address, order["id"], payment, *sessions)
    shared = (offer.product_id, offer.variant_id, offer.item_id, offer.sale_id)
    return Victim(ada, order["number"], private, (*private, *shared))


def _key(person: Person) -> Any:
    return decode_id(person.id, "User")


async def rows_of(infra: Infra, person: Person) -> dict[str, Any]:
    """All that is kept of somebody, as values."""
    found = {}
    async with infra.database.read() as session:
        for table, column in (
            (User, User.id),
            (Address, Address.user_id),
            (Identity, Identity.user_id),
            (RefreshSession, RefreshSession.user_id),
            (Order, Order.customer_id),
            (Payment, Payment.customer_id),
        ):
            rows = await session.scalars(select(table).where(column == _key(person)))
            names = [column.key for column in table.__table__.columns if column.key not in _OF_WORKERS]
            found[table.__tablename__] = [{name: getattr(row, name) for name in names} for row in rows]
    return found


@dataclass(frozen=True, slots=True)
class Actor:
    """``sign`` makes a token for each operation, as some of them end one's sessions."""

    shop: Shop
    user: User | None = None
    machine: str | None = None

    def token(self) -> str | None:
        if self.user is None:
            return self.machine
        return AccessTokens.from_settings(self.shop.server.infra.settings).issue(self.user).token

    async def tries(self, victim: Victim) -> AsyncIterator[tuple[RootField, dict[str, Any], str]]:
        """Each field with the codes of its errors and the whole answer as text."""
        for field in FIELDS:
            try:
                operations = field.operations(victim.ids)
            except NotExpressible as error:
                if str(error) in NOT_TRIED:
                    continue
                raise
            answers = [await self._ask(field, *operation) for operation in operations]
            whole: dict[str, Any] = {"data": {}, "errors": []}
            for number, answer in enumerate(answers):
                whole["data"] |= {(number, alias): one for alias, one in (answer.get("data") or {}).items()}
                whole["errors"] += answer.get("errors") or []
            yield field, whole, str(whole)

    async def _ask(self, field: RootField, document: str, variables: dict[str, str]) -> dict[str, Any]:
        if field.root != "subscription":
            return await self.shop.server.graphql(document, variables, self.token())
        async with event_stream(self.shop.server, document, variables, self.token()) as events:
            _, answer = await anext(events)
        return answer  # type: ignore[no-any-return]


def codes(answer: dict[str, Any]) -> set[str]:
    return {error["extensions"]["code"] for error in answer.get("errors", [])}


def check_refused(field: RootField, answer: dict[str, Any], code: str) -> None:
    assert codes(answer) == {code}, f"{field.root}.{field.name}: {answer}"
    assert not any((answer.get("data") or {}).values()), f"{field.root}.{field.name}: {answer}"


def check_well(field: RootField, answer: dict[str, Any]) -> None:
    """Whatever came out is expected: no syntax that is wrong, no fault of the server."""
    wrong = {"INTERNAL", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "QUERY_TOO_COMPLEX"}
    assert not codes(answer) & wrong, f"{field.root}.{field.name}: {answer}"


async def somebody(shop: Shop, *roles: Role) -> Actor:
    person = await (shop.staff() if Role.STAFF in roles else shop.customer("Bob"))
    async with shop.server.infra.database.read() as session:
        return Actor(shop, await session.get_one(User, _key(person)))


def leaks(victim: Victim, text: str) -> list[str]:
    return [secret for secret in (*SECRETS, victim.order_number, victim.person.email) if secret in text]


async def test_nobody(shop: Shop, victim: Victim) -> None:
    before = await rows_of(shop.server.infra, victim.person)
    async for field, answer, text in Actor(shop).tries(victim):
        check_well(field, answer)
        if field.roles:
            check_refused(field, answer, "UNAUTHENTICATED")
        assert not leaks(victim, text), f"{field.root}.{field.name}: {text}"
    assert await rows_of(shop.server.infra, victim.person) == before


async def test_another_customer(shop: Shop, victim: Victim) -> None:
    before = await rows_of(shop.server.infra, victim.person)
    async for field, answer, text in (await somebody(shop)).tries(victim):
        check_well(field, answer)
        if field.roles and not field.roles & _INCLUDES["CUSTOMER"]:
            check_refused(field, answer, "FORBIDDEN")
        if field.name == "node":
            seen = dict(zip(victim.ids, answer["data"].values(), strict=True))
            assert [seen[id_] for id_ in victim.private] == [None] * len(victim.private)
        assert not leaks(victim, text), f"{field.root}.{field.name}: {text}"
    assert await rows_of(shop.server.infra, victim.person) == before


async def test_staff(shop: Shop, victim: Victim) -> None:
    """They see customers, but change nothing of what is the customer's own."""
    before = await rows_of(shop.server.infra, victim.person)
    async for field, answer, _ in (await somebody(shop, Role.STAFF)).tries(victim):
        check_well(field, answer)
        if field.roles and not field.roles & _INCLUDES["STAFF"]:
            check_refused(field, answer, "FORBIDDEN")
    after = await rows_of(shop.server.infra, victim.person)
    for theirs in ("orders", "payments"):
        before.pop(theirs), after.pop(theirs)
    assert after == before


async def test_a_machine_with_another_scope(shop: Shop, victim: Victim) -> None:
    scope = Scope.STOCK_WRITE
    before = await rows_of(shop.server.infra, victim.person)
    wish = NewToken("walker", (scope,), timedelta(hours=1))
    made = await create_token(shop.server.infra, wish, actor="test")
    async for field, answer, text in Actor(shop, machine=made.token).tries(victim):
        check_well(field, answer)
        if field.roles and scope.value not in field.scopes:
            check_refused(field, answer, "FORBIDDEN")
        assert not leaks(victim, text), f"{field.root}.{field.name}: {text}"
    assert await rows_of(shop.server.infra, victim.person) == before


ORDER_READERS = (Scope.ORDERS_READ, Scope.ORDERS_SHIP, Scope.ORDERS_REFUND, Scope.ORDERS_WRITE)


def edges_from(id_: str) -> list[str]:
    """A document for each field that leads on from the node: what an actor may not see at one end, they may not
    see by coming from the other."""
    type_name, _ = split_id(id_)
    type_ = SCHEMA.type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    if not any(interface.name == "Node" for interface in type_.interfaces):
        return []
    leading = [
        f"{name} {selection(field.type, 3)}"
        for name, field in type_.fields.items()
        if not is_leaf_type(get_named_type(field.type)) and not any(map(is_required_argument, field.args.values()))
    ]
    own = selection(type_, 1)
    asked = "query ($id: ID!) { node(id: $id)"
    return [f"{asked} {{ ... on {type_name} {walked} }} }}" for walked in (own, *_in_braces(leading))]


def _in_braces(selections: list[str]) -> list[str]:
    return [f"{{ {selected} }}" for selected in selections]


async def _walked(shop: Shop, victim: Victim, token: str | None) -> str:
    """All that is seen on the way from each of the victim's things, as text."""
    seen = []
    for document, asked in ((document, id_) for id_ in victim.ids for document in edges_from(id_)):
        answer = await shop.server.graphql(document, {"id": asked}, token)
        wrong = {"INTERNAL", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "QUERY_TOO_COMPLEX"}
        assert not codes(answer) & wrong, f"{document}: {answer}"
        seen.append(str(answer.get("data")))
    return "".join(seen)


async def test_a_machine_sees_what_its_scope_says_by_whatever_way(shop: Shop, victim: Victim) -> None:
    for scope in Scope:
        wish = NewToken(f"walker {scope}", (scope,), timedelta(hours=1))
        made = await create_token(shop.server.infra, wish, actor="test")
        seen = await _walked(shop, victim, made.token)
        assert (victim.person.email in seen) == (scope is Scope.USERS_READ), scope
        assert ("lockedAt" in seen) == (scope is Scope.USERS_READ), scope
        assert (victim.order_number in seen) == (scope in ORDER_READERS), scope
        assert "Marker Street 77" not in seen or scope in ORDER_READERS, scope


async def test_people_see_what_their_role_says_by_whatever_way(shop: Shop, victim: Victim) -> None:
    assert not leaks(victim, await _walked(shop, victim, None))
    for roles in ((), (Role.STAFF,), (Role.STAFF, Role.ADMIN)):
        actor = await somebody(shop, *roles)
        assert actor.user is not None
        if Role.ADMIN in roles:
            await grant_role(shop.server.infra, ByAdmin(actor.user.id), Role.ADMIN)
            actor = Actor(shop, await find_by_email(shop.server.infra, actor.user.email))
        seen = await _walked(shop, victim, actor.token())
        # Staff see who has ordered; accounts are the administrators'.
        assert (victim.person.email in seen, victim.order_number in seen) == (bool(roles), bool(roles)), roles
        answer = await shop.server.graphql(f'{{ node(id: "{victim.person.id}") {{ id }} }}', {}, actor.token())
        assert (answer["data"]["node"] is not None) == (Role.ADMIN in roles), roles


async def test_who_signs_in_sees_their_orders_at_once(shop: Shop, victim: Victim) -> None:
    document = """mutation ($email: String!, $password: String!) {
      login(input: {email: $email, password: $password}) {
      ... on Session { user { orders { edges { node { number } } } } } } }"""
    answer = await shop.ask(document, {"email": victim.person.email, "password": PASSWORD})
    [edge] = answer["login"]["user"]["orders"]["edges"]
    assert edge["node"]["number"] == victim.order_number
