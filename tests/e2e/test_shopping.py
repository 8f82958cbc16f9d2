"""What a shop is for, from signing up to getting the stock back, as a front end does it."""

from datetime import timedelta
from typing import Any

import pytest

from settings import Settings
from tests.e2e.shop import LOGIN, PASSWORD, REGISTER, Offer, Shop, moment, new_key
from tests.workers import working

EUR = "EUR"


def counts(offer: Offer, held: int) -> dict[str, int]:
    """What an offer shows when so many of its units are held, in Redis and in the database."""
    return {
        "remaining": offer.quantity - held,
        "available": offer.on_hand - held,
        "held": held,
        "onHand": offer.on_hand,
        "setAside": offer.quantity - held,
    }


async def test_sign_up_sign_in_and_who_am_i(shop: Shop) -> None:
    given = {"email": "ada@example.com", "password": PASSWORD, "displayName": "Ada"}
    begun = shop.server.infra.now()
    session = (await shop.ask(REGISTER, {"input": given}))["register"]
    assert session["__typename"] == "Session"
    lives = moment(session["accessTokenExpiresAt"]) - begun
    assert timedelta(seconds=600) <= lives <= timedelta(seconds=605)
    login = (await shop.ask(LOGIN, {"input": {"email": "ada@example.com", "password": PASSWORD}}))["login"]
    assert login["user"] == {"id": session["user"]["id"], "email": "ada@example.com", "roles": ["CUSTOMER"]}
    answer = await shop.server.graphql(
        "{ me { id email displayName roles createdAt orders { totalCount edges { cursor } } } }",
        token=login["accessToken"],
    )
    me = answer["data"]["me"]
    assert begun <= moment(me.pop("createdAt")) <= shop.server.infra.now()
    assert me == {
        "id": session["user"]["id"],
        "email": "ada@example.com",
        "displayName": "Ada",
        "roles": ["CUSTOMER"],
        "orders": {"totalCount": 0, "edges": []},
    }


async def test_what_staff_put_on_sale_is_seen_by_everybody(shop: Shop) -> None:
    offer = await shop.offer(await shop.staff(), quantity=4, on_hand=7, limit=2, price="19.9")
    item = {
        "id": offer.item_id,
        "price": {"amount": "19.90", "currencyCode": EUR},
        "quantity": 4,
        "remaining": 4,
        "perCustomerLimit": 2,
        "sale": {"id": offer.sale_id},
        "variant": {"id": offer.variant_id, "sku": offer.sku, "price": {"amount": "50.00", "currencyCode": EUR}},
    }
    fields = """
        fragment Sale on FlashSale { id name status items { ...Item } }
        fragment Item on FlashSaleItem {
          id price { amount currencyCode } quantity remaining perCustomerLimit
          sale { id } variant { id sku price { amount currencyCode } }
        }
    """
    sale = {"id": offer.sale_id, "name": "Rush", "status": "RUNNING", "items": [item]}
    listed = await shop.ask("{ flashSales(status: [RUNNING]) { edges { node { ...Sale } } } }" + fields)
    assert listed["flashSales"]["edges"] == [{"node": sale}]
    one = "query One($id: ID!) { flashSale(id: $id) { ...Sale } node(id: $id) { ...Sale } }" + fields
    assert await shop.ask(one, {"id": offer.sale_id}) == {"flashSale": sale, "node": sale}
    for others in ("[ENDED, SCHEDULED, PAUSED]", "[]"):
        assert await shop.ask(f"{{ flashSales(status: {others}) {{ edges {{ cursor }} }} }}") == {
            "flashSales": {"edges": []}
        }

    on_sale = "{ flashSaleItems { id sale { id } } variants { flashSaleItems { id sale { id } } } }"
    items = [{"id": offer.item_id, "sale": {"id": offer.sale_id}}]
    told = await shop.ask(f"query On($id: ID!) {{ product(id: $id) {on_sale} }}", {"id": offer.product_id})
    assert told == {"product": {"flashSaleItems": items, "variants": [{"flashSaleItems": items}]}}

    product = {
        "id": offer.product_id,
        "slug": f"shirt-{offer.sku.lower()}",
        "title": f"Shirt {offer.sku}",
        "variants": [{"sku": offer.sku, "stock": {"available": 7, "held": 0, "onHand": 7}}],
    }
    shown = "{ id slug title variants { sku stock { available held onHand } } }"
    by = f"query By($id: ID, $slug: String) {{ product(id: $id, slug: $slug) {shown} }}"
    assert await shop.ask(by, {"id": offer.product_id}) == {"product": product}
    assert await shop.ask(by, {"slug": product["slug"]}) == {"product": product}
    listed = f"{{ totalCount edges {{ node {shown} }} }}"
    search = f"query Find($text: String) {{ products(filter: {{search: $text}}) {listed} }}"
    assert await shop.ask(search, {"text": offer.sku}) == {
        "products": {"totalCount": 1, "edges": [{"node": product}]}
    }
    assert await shop.ask(search, {"text": "another"}) == {"products": {"totalCount": 0, "edges": []}}


async def test_an_order_is_seen_at_once_and_awaits_payment_by_itself(shop: Shop) -> None:
    ada, offer = await shop.customer(), await shop.offer(await shop.staff(), price="19.90")
    begun = shop.server.infra.now()
    placed = await shop.place(ada, offer.item_id, 3)
    assert placed.pop("__typename") == "Order"
    placed_at = moment(placed["placedAt"])
    assert begun - timedelta(milliseconds=2) <= placed_at <= shop.server.infra.now()
    assert moment(placed["expiresAt"]) - placed_at == timedelta(seconds=900)
    assert len(placed["number"]) >= 6
    assert placed == {
        **_whole(offer, ada.id, ada.email, placed),
        "status": "ACCEPTED",
        "history": [{"at": placed["placedAt"], "status": "ACCEPTED", "note": None}],
    }
    assert await shop.order(ada, placed["id"]) == placed
    mine = "{ me { orders { totalCount edges { node { id status } } } } }"
    assert await shop.ask(mine, by=ada) == {
        "me": {"orders": {"totalCount": 1, "edges": [{"node": {"id": placed["id"], "status": "ACCEPTED"}}]}}
    }
    assert (await shop.counts(offer))["remaining"] == 2

    async with working(shop.server.infra):
        persisted = await shop.order_becomes(ada, placed["id"], "AWAITING_PAYMENT")
    [accepted, waits] = persisted.pop("history")
    assert accepted == placed["history"][0]
    assert (waits["status"], waits["note"]) == ("AWAITING_PAYMENT", None)
    assert placed_at <= moment(waits["at"]) <= shop.server.infra.now()
    unchanged = {name: value for name, value in placed.items() if name != "history"}
    assert persisted == {**unchanged, "status": "AWAITING_PAYMENT"}
    assert (await shop.ask(mine, by=ada))["me"]["orders"]["totalCount"] == 1
    await shop.counts_become(offer, counts(offer, held=3))


def _whole(offer: Offer, customer_id: str, email: str, shown: dict[str, Any]) -> dict[str, Any]:
    """An order of three units at 19.90, with the ids and times that it shows."""
    return {
        **{name: shown[name] for name in ("id", "number", "placedAt", "expiresAt")},
        "total": {"amount": "59.70", "currencyCode": EUR},
        "lines": [
            {
                "id": shown["lines"][0]["id"],
                "sku": offer.sku,
                "title": f"Shirt {offer.sku}",
                "quantity": 3,
                "unitPrice": {"amount": "19.90", "currencyCode": EUR},
                "lineTotal": {"amount": "59.70", "currencyCode": EUR},
                "variant": {"id": offer.variant_id, "sku": offer.sku},
            }
        ],
        "customer": {"id": customer_id, "email": email},
    }


@pytest.mark.usefixtures("worker")
async def test_retries_conflicts_limit_and_sold_out_take_nothing(shop: Shop) -> None:
    staff, ada, bob = await shop.staff(), await shop.customer("Ada"), await shop.customer("Bob")
    offer, other = await shop.offer(staff, quantity=5, limit=3), await shop.offer(staff, quantity=5)
    key = new_key()
    first = await shop.place(ada, offer.item_id, 3, key)
    again = await shop.place(ada, offer.item_id, 3, key)
    assert (again["id"], again["number"], again["placedAt"]) == (first["id"], first["number"], first["placedAt"])
    for item_id, quantity in ((offer.item_id, 2), (other.item_id, 3)):
        refused = await shop.place(ada, item_id, quantity, key)
        assert (refused["__typename"], refused["code"]) == ("IdempotencyConflict", "IDEMPOTENCY_CONFLICT")
    limited = await shop.place(ada, offer.item_id, 1)
    assert (limited["__typename"], limited["limit"], limited["alreadyOrdered"]) == ("PurchaseLimitReached", 3, 3)
    too_many = await shop.place(bob, offer.item_id, 3)
    assert (too_many["__typename"], too_many["sku"], too_many["available"]) == ("OutOfStock", offer.sku, 2)
    # A key belongs to its customer: Bob's may be spelled the same.
    last = await shop.place(bob, offer.item_id, 2, key)
    assert (last["__typename"], last["customer"]["id"]) == ("Order", bob.id)
    sold_out = await shop.place(bob, offer.item_id, 1)
    assert (sold_out["__typename"], sold_out["available"]) == ("OutOfStock", 0)
    for person, order in ((ada, first), (bob, last)):
        await shop.order_becomes(person, order["id"], "AWAITING_PAYMENT")
    assert (await shop.place(ada, offer.item_id, 3, key))["id"] == first["id"]
    await shop.counts_become(offer, counts(offer, held=5))
    assert await shop.counts(other) == counts(other, held=0)


@pytest.mark.usefixtures("worker")
async def test_cancelling_gives_the_stock_back_once(shop: Shop) -> None:
    ada, offer = await shop.customer(), await shop.offer(await shop.staff(), quantity=5, limit=3)
    placed = await shop.place(ada, offer.item_id, 3)
    await shop.order_becomes(ada, placed["id"], "AWAITING_PAYMENT")
    await shop.counts_become(offer, counts(offer, held=3))

    key = new_key()
    cancelled = await shop.cancel(ada, placed["id"], key, "The wrong size.")
    assert (cancelled["__typename"], cancelled["status"], cancelled["expiresAt"]) == ("Order", "CANCELLED", None)
    assert [(event["status"], event["note"]) for event in cancelled["history"]] == [
        ("ACCEPTED", None),
        ("AWAITING_PAYMENT", None),
        ("CANCELLED", "The wrong size."),
    ]
    assert await shop.counts(offer) == counts(offer, held=0)
    assert await shop.cancel(ada, placed["id"], key, "The wrong size.") == cancelled
    conflict = await shop.cancel(ada, placed["id"], key, "Another reason.")
    assert (conflict["__typename"], conflict["code"]) == ("IdempotencyConflict", "IDEMPOTENCY_CONFLICT")
    assert (await shop.cancel(ada, placed["id"]))["status"] == "CANCELLED"
    assert await shop.counts(offer) == counts(offer, held=0)
    # What was given back can be ordered again, up to the limit.
    second = await shop.place(ada, offer.item_id, 3)
    assert second["__typename"] == "Order"
    await shop.order_becomes(ada, second["id"], "AWAITING_PAYMENT")
    await shop.counts_become(offer, counts(offer, held=3))


async def test_an_order_can_be_cancelled_before_it_is_in_the_database(shop: Shop) -> None:
    ada, offer = await shop.customer(), await shop.offer(await shop.staff())
    key = new_key()
    placed = await shop.place(ada, offer.item_id, 2, key)
    assert (await shop.cancel(ada, placed["id"]))["status"] == "CANCELLED"
    assert await shop.counts(offer) == counts(offer, held=0)
    async with working(shop.server.infra):
        follower = await shop.place(ada, offer.item_id, 1)
        await shop.order_becomes(ada, follower["id"], "AWAITING_PAYMENT")
    # The message of the first order came before: it changed nothing.
    assert (await shop.order(ada, placed["id"]))["status"] == "CANCELLED"
    assert (await shop.place(ada, offer.item_id, 2, key))["status"] == "CANCELLED"
    await shop.counts_become(offer, counts(offer, held=1))


class TestNotPaidInTime:
    """With a time to pay that a test can wait for."""

    @pytest.fixture
    async def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"payment_timeout": 1.5})

    @pytest.mark.usefixtures("worker")
    async def test_the_order_expires_and_the_stock_is_back(self, shop: Shop) -> None:
        ada, offer = await shop.customer(), await shop.offer(await shop.staff(), limit=2)
        placed = await shop.place(ada, offer.item_id, 2)
        assert moment(placed["expiresAt"]) - moment(placed["placedAt"]) == timedelta(seconds=1.5)
        expired = await shop.order_becomes(ada, placed["id"], "EXPIRED")
        assert [event["status"] for event in expired["history"]] == ["ACCEPTED", "AWAITING_PAYMENT", "EXPIRED"]
        assert expired["expiresAt"] is None
        late = moment(expired["history"][-1]["at"]) - moment(placed["expiresAt"])
        assert late >= timedelta(0)
        refused = await shop.cancel(ada, placed["id"])
        assert (refused["__typename"], refused["from"], refused["to"]) == (
            "InvalidTransition",
            "EXPIRED",
            "CANCELLED",
        )
        await shop.counts_become(offer, counts(offer, held=0))
        # The limit counts what is held or bought, so that she may order again.
        again = await shop.place(ada, offer.item_id, 2)
        assert again["__typename"] == "Order"
        await shop.order_becomes(ada, again["id"], "EXPIRED")
        await shop.counts_become(offer, counts(offer, held=0))
