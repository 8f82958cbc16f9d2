"""When there are too many at once: who pays goes on, who begins is told when to come again."""

import pytest

from infra.ranked_turns import SHARES, Rank
from tests.e2e.shop import Shop, new_key
from tests.modes import ONE_MODE

pytestmark = [ONE_MODE, pytest.mark.usefixtures("worker")]
PLACE = """
mutation ($input: PlaceFlashOrderInput!) {
  placeFlashOrder(input: $input) { __typename ... on TryAgain { code retryAfterMs } }
}
"""
PAY = "mutation ($input: CreatePaymentInput!) { createPayment(input: $input) { __typename } }"
LONG = 100.0


async def test_who_pays_goes_on_and_who_begins_is_told_before_anything_is_done(shop: Shop) -> None:
    offer = await shop.offer(await shop.staff())
    ada, bob = await shop.customer(), await shop.customer("Bob")
    order = await shop.place(ada, offer.item_id)
    await shop.order_becomes(ada, order["id"], "AWAITING_PAYMENT")
    before, turns = await shop.counts(offer), shop.server.infra.turns
    for _ in range(SHARES[Rank.BEGIN].at_once):  # of others who pay, and have for long
        assert turns.enter(Rank.FINISH)
        turns.leave(Rank.FINISH, LONG)
    for _ in range(SHARES[Rank.BEGIN].at_once):
        assert turns.enter(Rank.FINISH)

    wish = {"itemId": offer.item_id, "quantity": 1, "idempotencyKey": new_key()}
    told = (await shop.ask(PLACE, {"input": wish}, bob))["placeFlashOrder"]
    assert (told["__typename"], told["code"]) == ("TryAgain", "TRY_AGAIN")
    assert 1_000 < told["retryAfterMs"] <= 31_000
    body, headers = {"query": "{ products(first: 1) { totalCount } }"}, {"authorization": f"Bearer {bob.token}"}
    browsed = await shop.server.http.post("/graphql", json=body, headers=headers)
    assert browsed.status_code == 503
    [error] = browsed.json()["errors"]
    assert error["extensions"]["code"] == "TRY_AGAIN"
    assert 1_000 < error["extensions"]["retryAfterMs"] <= 1_000 * int(browsed.headers["retry-after"])

    payment = {"orderId": order["id"], "idempotencyKey": new_key()}
    assert (await shop.ask(PAY, {"input": payment}, ada))["createPayment"]["__typename"] == "Payment"
    assert (await shop.order(ada, order["id"]))["status"] == "AWAITING_PAYMENT"
    for _ in range(SHARES[Rank.BEGIN].at_once):
        turns.leave(Rank.FINISH, 0.0)
    assert await shop.counts(offer) == before
    assert (await shop.ask(PLACE, {"input": wish}, bob))["placeFlashOrder"]["__typename"] == "Order"
