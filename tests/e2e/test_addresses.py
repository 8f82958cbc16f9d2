"""Addresses: one's own, one of them the default, and the one an order goes to."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select, update

from models import Address
from resolvers.shared.node import decode_id, encode_id
from services.address.find_addresses import find_own_address
from services.shared.errors import NotFound
from tests.e2e.shop import Person, Shop, new_key
from tests.modes import ONE_MODE

_FIELDS = "id recipient phone line1 line2 city region postalCode countryCode isDefault"
_RESULT = f"""
__typename
... on Address {{ {_FIELDS} }}
... on Error {{ code message }}
... on InvalidInput {{ fields {{ path }} }}
"""
ADD = f"mutation Add($input: AddAddressInput!) {{ done: addAddress(input: $input) {{ {_RESULT} }} }}"
UPDATE = f"mutation Update($input: UpdateAddressInput!) {{ done: updateAddress(input: $input) {{ {_RESULT} }} }}"
CHOOSE = f"""
mutation Choose($input: SetDefaultAddressInput!) {{ done: setDefaultAddress(input: $input) {{ {_RESULT} }} }}
"""
REMOVE = """
mutation Remove($input: RemoveAddressInput!) {
  done: removeAddress(input: $input) {
    __typename ... on RemoveAddressSuccess { addressId } ... on Error { code message }
  }
}
"""
MINE = f"{{ me {{ addresses {{ {_FIELDS} }} }} }}"
NODE = f"query Node($id: ID!) {{ node(id: $id) {{ ... on Address {{ {_FIELDS} }} }} }}"
PLACE = f"""
mutation Place($input: PlaceFlashOrderInput!) {{
  done: placeFlashOrder(input: $input) {{
    __typename
    ... on Order {{ id status shippingAddress {{ {_FIELDS} }} }}
    ... on Error {{ code message }}
  }}
}}
"""
ORDER = f"query Order($id: ID!) {{ order(id: $id) {{ status shippingAddress {{ {_FIELDS} }} }} }}"
GIVEN = {
    "recipient": "Ada Lovelace",
    "phone": "+49 (30) 123456",
    "line1": "Straße 1",
    "city": "Köln",
    "countryCode": "de",
    "postalCode": "50667",
}
SHOWN = {
    "recipient": "Ada Lovelace",
    "phone": "+4930123456",
    "line1": "Straße 1",
    "line2": None,
    "city": "Köln",
    "region": None,
    "postalCode": "50667",
    "countryCode": "DE",
}
NO_SUCH = {"__typename": "NotFound", "code": "NOT_FOUND", "message": "You have no such address."}


async def do(shop: Shop, query: str, by: Person, **given: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await shop.ask(query, {"input": given}, by))["done"]
    return answer


async def add(shop: Shop, by: Person, **changed: Any) -> dict[str, Any]:
    added = await do(shop, ADD, by, **{**GIVEN, **changed})
    assert added.pop("__typename") == "Address", added
    return added


async def mine(shop: Shop, by: Person) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await shop.ask(MINE, by=by))["me"]["addresses"]
    return found


async def test_an_address_from_its_first_day_to_its_last(shop: Shop) -> None:
    ada = await shop.customer()
    assert await mine(shop, ada) == []
    home = await add(shop, ada)
    assert home == {"id": home["id"], **SHOWN, "isDefault": True}
    work = await add(shop, ada, recipient="Ada at work", isDefault=False)
    assert work == {"id": work["id"], **SHOWN, "recipient": "Ada at work", "isDefault": False}
    assert await mine(shop, ada) == [home, work]
    assert (await shop.ask(NODE, {"id": work["id"]}, ada))["node"] == work

    dublin = {"countryCode": "IE", "city": "Dublin", "line2": "c/o Babbage", "postalCode": ""}
    moved = await do(shop, UPDATE, ada, addressId=work["id"], **{**GIVEN, **dublin})
    work = {"id": work["id"], **SHOWN, **dublin, "postalCode": None, "isDefault": False}
    assert moved == {"__typename": "Address", **work}
    assert await mine(shop, ada) == [home, work]

    chosen = await do(shop, CHOOSE, ada, addressId=work["id"])
    assert chosen == {"__typename": "Address", **work, "isDefault": True}
    home, work = {**home, "isDefault": False}, {**work, "isDefault": True}
    assert await mine(shop, ada) == [home, work]

    third = await add(shop, ada, isDefault=True)
    assert await mine(shop, ada) == [home, {**work, "isDefault": False}, third]
    assert await do(shop, REMOVE, ada, addressId=third["id"]) == {
        "__typename": "RemoveAddressSuccess",
        "addressId": third["id"],
    }
    assert await mine(shop, ada) == [home, work]
    assert (await shop.ask(NODE, {"id": third["id"]}, ada))["node"] is None
    for query in (REMOVE, CHOOSE):
        assert await do(shop, query, ada, addressId=third["id"]) == NO_SUCH
    for address in (work, home):
        await do(shop, REMOVE, ada, addressId=address["id"])
    assert await mine(shop, ada) == []
    assert (await add(shop, ada))["isDefault"] is True


@ONE_MODE
async def test_anothers_address_does_not_exist(shop: Shop) -> None:
    staff, ada, eve = await shop.staff(), await shop.customer(), await shop.customer("Eve")
    home = await add(shop, ada)
    offer = await shop.offer(staff)
    for by in (eve, staff):
        assert (await shop.ask(NODE, {"id": home["id"]}, by))["node"] is None
        for query in (REMOVE, CHOOSE):
            assert await do(shop, query, by, addressId=home["id"]) == NO_SUCH
        assert await do(shop, UPDATE, by, addressId=home["id"], **GIVEN) == NO_SUCH
        wish = {"itemId": offer.item_id, "quantity": 1, "addressId": home["id"], "idempotencyKey": new_key()}
        assert await do(shop, PLACE, by, **wish) == NO_SUCH
    assert (await shop.ask(NODE, {"id": home["id"]}))["node"] is None
    for query in (REMOVE, CHOOSE):
        assert await do(shop, query, eve, addressId=encode_id("Address", UUID(int=1))) == NO_SUCH
        wrong = await do(shop, query, eve, addressId=ada.id)
        assert (wrong["__typename"], wrong["code"]) == ("InvalidInput", "INVALID_INPUT")
    answer = await shop.server.graphql(ADD, {"input": GIVEN})
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]
    # Administrators see a user, and not where they live; staff not even that.
    peek = "query Peek($id: ID!) { node(id: $id) { ... on User { addresses { id } } } }"
    assert await shop.server.graphql(peek, {"id": ada.id}, staff.token) == {"data": {"node": None}}
    answer = await shop.server.graphql(peek, {"id": ada.id}, (await shop.admin()).token)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert await mine(shop, ada) == [home]
    assert await shop.counts(offer) == {"remaining": 5, "available": 10, "held": 0, "onHand": 10, "setAside": 5}


@ONE_MODE
async def test_every_field_at_fault_is_named(shop: Shop) -> None:
    ada = await shop.customer()
    home = await add(shop, ada)
    bad = {**GIVEN, "recipient": " ", "phone": "030", "line2": "x" * 201, "postalCode": "\0", "countryCode": "XX"}
    at_fault = [["input", name] for name in ("recipient", "phone", "countryCode", "line2", "postalCode")]
    for query, given in ((ADD, bad), (UPDATE, {**bad, "addressId": home["id"]})):
        answer = await do(shop, query, ada, **given)
        assert [field["path"] for field in answer["fields"]] == at_fault
    assert await mine(shop, ada) == [home]


@ONE_MODE
async def test_what_is_needed_depends_on_the_country(shop: Shop) -> None:
    ada = await shop.customer()
    tokyo = {"line1": "神宮前1-1", "region": "東京都", "postalCode": "150-0001", "countryCode": "JP"}
    added = await do(shop, ADD, ada, recipient="山田\u3000太郎", phone="03\uff0d1234\uff0d5678", **tokyo)
    assert added.pop("__typename") == "Address", added
    assert (added["recipient"], added["phone"], added["city"]) == ("山田\u3000太郎", "+81312345678", "")
    assert await mine(shop, ada) == [added]
    answer = await do(shop, ADD, ada, **{**GIVEN, "countryCode": "US", "postalCode": "ABC"})
    assert [field["path"] for field in answer["fields"]] == [["input", "region"], ["input", "postalCode"]]
    assert await mine(shop, ada) == [added]


async def test_however_many_add_at_once_there_is_one_default(shop: Shop) -> None:
    ada = await shop.customer()
    added = await asyncio.gather(*(add(shop, ada, line1=f"Street {n}", isDefault=True) for n in range(20)))
    found = await mine(shop, ada)
    assert {address["id"] for address in found} == {address["id"] for address in added}
    assert [address["isDefault"] for address in found].count(True) == 1
    await asyncio.gather(*(do(shop, CHOOSE, ada, addressId=address["id"]) for address in found[:10]))
    await asyncio.gather(*(do(shop, REMOVE, ada, addressId=address["id"]) for address in found[:19]))
    assert await mine(shop, ada) == [{**found[19], "isDefault": True}]


async def test_the_first_of_many_at_once_is_the_default(shop: Shop) -> None:
    ada = await shop.customer()
    await asyncio.gather(*(add(shop, ada) for _ in range(8)))
    assert [address["isDefault"] for address in await mine(shop, ada)].count(True) == 1


async def test_there_are_fifty_at_most(shop: Shop) -> None:
    ada = await shop.customer()
    for _ in range(48):
        await add(shop, ada)
    answers = await asyncio.gather(*(do(shop, ADD, ada, **GIVEN) for _ in range(6)))
    refused = [answer for answer in answers if answer["__typename"] == "InvalidInput"]
    assert len(refused) == 4
    assert refused[0]["fields"] == [{"path": ["input"]}]
    async with shop.server.infra.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Address)) == 50


@ONE_MODE
@pytest.mark.usefixtures("worker")
async def test_an_order_keeps_the_address_as_it_was(shop: Shop) -> None:
    ada, offer = await shop.customer(), await shop.offer(await shop.staff())
    home = await add(shop, ada)
    wish = {"itemId": offer.item_id, "quantity": 1, "addressId": home["id"], "idempotencyKey": new_key()}
    placed = await do(shop, PLACE, ada, **wish)
    then = {**home, "id": encode_id("OrderAddress", decode_id(placed["id"], "Order"))}
    assert (placed["__typename"], placed["shippingAddress"]) == ("Order", then)
    assert (await shop.ask(ORDER, {"id": placed["id"]}, ada))["order"]["shippingAddress"] == then
    await shop.order_becomes(ada, placed["id"], "AWAITING_PAYMENT")
    await do(shop, UPDATE, ada, addressId=home["id"], **{**GIVEN, "line1": "Elsewhere 2"})
    again = await do(shop, PLACE, ada, **wish)
    assert (again["id"], again["shippingAddress"]) == (placed["id"], then)

    # The next order goes to where she lives now.
    second = await do(shop, PLACE, ada, **{**wish, "idempotencyKey": new_key()})
    now_id = encode_id("OrderAddress", decode_id(second["id"], "Order"))
    assert second["shippingAddress"] == {**home, "line1": "Elsewhere 2", "id": now_id}
    await do(shop, REMOVE, ada, addressId=home["id"])
    # A retry finds its order though the address is gone; a new order does not go there.
    assert (await do(shop, PLACE, ada, **wish))["id"] == placed["id"]
    assert await do(shop, PLACE, ada, **{**wish, "idempotencyKey": new_key()}) == NO_SUCH
    for order_id, address in ((placed["id"], then), (second["id"], second["shippingAddress"])):
        await shop.order_becomes(ada, order_id, "AWAITING_PAYMENT")
        assert (await shop.ask(ORDER, {"id": order_id}, ada))["order"]["shippingAddress"] == address
    assert (await shop.counts(offer))["held"] == 2


@ONE_MODE
@pytest.mark.usefixtures("worker")
async def test_an_address_is_part_of_what_a_key_stands_for(shop: Shop) -> None:
    ada, offer = await shop.customer(), await shop.offer(await shop.staff())
    home, work = await add(shop, ada), await add(shop, ada)
    wish = {"itemId": offer.item_id, "quantity": 1, "idempotencyKey": new_key()}
    placed = await do(shop, PLACE, ada, **wish, addressId=home["id"])
    for other in (work["id"], None):
        conflict = await do(shop, PLACE, ada, **wish, addressId=other)
        assert (conflict["__typename"], conflict["code"]) == ("IdempotencyConflict", "IDEMPOTENCY_CONFLICT")
    assert (await do(shop, PLACE, ada, **wish, addressId=home["id"]))["id"] == placed["id"]
    without = await do(shop, PLACE, ada, **{**wish, "idempotencyKey": new_key()})
    assert without["shippingAddress"] is None
    await shop.order_becomes(ada, without["id"], "AWAITING_PAYMENT")
    assert (await shop.ask(ORDER, {"id": without["id"]}, ada))["order"]["shippingAddress"] is None


async def test_an_order_to_an_address_that_was_shown_reads_no_database(shop: Shop) -> None:
    infra = shop.server.infra
    ada = await shop.customer()
    owner, home = decode_id(ada.id, "User"), await add(shop, ada)
    address_id = decode_id(home["id"], "Address")
    # Since the change readers went to the database; once that is over, the first one fills the cache.
    await infra.redis.client.delete(f"addresses:{owner.hex}")
    await mine(shop, ada)
    statements: list[str] = []
    engine = infra.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *seen: statements.append(seen[2]))
    for _ in range(10):
        assert (await find_own_address(infra, owner, address_id)).recipient == "Ada Lovelace"
        with pytest.raises(NotFound):
            await find_own_address(infra, owner, UUID(int=1))
    assert [statement for statement in statements if "addresses" in statement] == []
    # What somebody changed behind our back is not seen, so it was the cache indeed.
    async with infra.database.write() as session:
        await session.execute(update(Address).values(recipient="Nobody"))
    assert (await find_own_address(infra, owner, address_id)).recipient == "Ada Lovelace"
