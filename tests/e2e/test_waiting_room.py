"""A sale with a waiting room over HTTP: enter, wait, order with the pass; and nobody without."""

from typing import Any, Final

import pytest

from tests.e2e.shop import Shop, new_key
from tests.live import greeted
from tests.modes import ONE_MODE
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("worker")

TICKET: Final = "position ahead admitted expectedWaitSeconds pass passExpiresAt sale { id admitPerSecond }"
ENTER: Final = (
    "mutation ($input: EnterFlashSaleInput!) { enterFlashSale(input: $input) { __typename "
    f"... on WaitingRoomTicket {{ {TICKET} }} ... on Error {{ code }} }} }}"
)
LOOK: Final = f"query ($id: ID!) {{ flashSaleTicket(saleId: $id) {{ {TICKET} }} }}"
FOLLOW: Final = f"subscription ($id: ID!) {{ flashSaleTicketUpdated(saleId: $id) {{ {TICKET} }} }}"
SET: Final = (
    "mutation ($input: SetWaitingRoomInput!) { setWaitingRoom(input: $input) { __typename "
    "... on FlashSale { id admitPerSecond } ... on Error { code } } }"
)
PLACE: Final = (
    "mutation ($input: PlaceFlashOrderInput!) { placeFlashOrder(input: $input) { __typename "
    "... on Order { id } ... on Error { code } } }"
)
SALE_OF: Final = "query ($id: ID!) { node(id: $id) { ... on FlashSaleItem { sale { id } } } }"


async def ask(shop: Shop, query: str, by: Any, **wish: Any) -> Any:
    (answer,) = (await shop.ask(query, {"input": wish}, by)).values()
    return answer


async def test_enter_wait_and_order(shop: Shop) -> None:
    staff, ada, eve = await shop.staff(), await shop.customer(), await shop.customer("Eve")
    offer = await shop.offer(staff)
    sale = (await shop.ask(SALE_OF, {"id": offer.item_id}, None))["node"]["sale"]["id"]
    assert (await ask(shop, ENTER, ada, saleId=sale))["code"] == "INVALID_INPUT"
    room = await ask(shop, SET, staff, saleId=sale, admitPerSecond=1)
    assert room == {"__typename": "FlashSale", "id": sale, "admitPerSecond": 1}

    wish = {"itemId": offer.item_id, "quantity": 1, "idempotencyKey": new_key()}

    async def refused() -> Any:
        return await ask(shop, PLACE, ada, **{**wish, "idempotencyKey": new_key()})

    # Every process goes by it within two seconds.
    await until(refused, lambda answer: answer.get("code") == "ADMISSION_REQUIRED")
    mine = await ask(shop, ENTER, ada, saleId=sale)
    assert (mine["position"], mine["sale"]) == (1, {"id": sale, "admitPerSecond": 1})
    hers = await ask(shop, ENTER, eve, saleId=sale)
    assert hers["position"] == 2
    async with greeted(shop.server, eve.token) as live:
        await live.subscribe(FOLLOW, {"id": sale})
        seen = []
        while (message := await live.receive())["type"] == "next":
            seen.append(message["payload"]["data"]["flashSaleTicketUpdated"])
        assert message["type"] == "complete"
    assert seen[-1]["admitted"]
    for forged in ("x", seen[-1]["pass"]):  # another's is as good as none
        assert (await ask(shop, PLACE, ada, **wish, **{"pass": forged}))["code"] == "ADMISSION_REQUIRED"
    admitted = (await shop.ask(LOOK, {"id": sale}, ada))["flashSaleTicket"]
    assert (admitted["position"], admitted["ahead"], admitted["expectedWaitSeconds"]) == (1, 0, 0)
    placed = await ask(shop, PLACE, ada, **wish, **{"pass": admitted["pass"]})
    assert placed["__typename"] == "Order"
    assert (await ask(shop, PLACE, ada, **wish))["id"] == placed["id"]
    open_again = await ask(shop, SET, staff, saleId=sale)
    assert open_again["admitPerSecond"] is None


@ONE_MODE
async def test_only_ones_own_and_only_staff_set_it(shop: Shop) -> None:
    staff, ada = await shop.staff(), await shop.customer()
    offer = await shop.offer(staff)
    sale = (await shop.ask(SALE_OF, {"id": offer.item_id}, None))["node"]["sale"]["id"]
    for query, by, code in (
        (SET, ada, "FORBIDDEN"),
        (SET, None, "UNAUTHENTICATED"),
        (ENTER, None, "UNAUTHENTICATED"),
    ):
        answer = await shop.server.graphql(query, {"input": {"saleId": sale}}, by.token if by else None)
        assert answer["errors"][0]["extensions"]["code"] == code
    assert (await shop.ask(LOOK, {"id": sale}, ada))["flashSaleTicket"] is None
    wrong = await ask(shop, ENTER, ada, saleId=offer.item_id)
    assert wrong["code"] == "INVALID_INPUT"
    answer = await shop.server.graphql(LOOK, {"id": "x"}, ada.token)
    assert answer["errors"][0]["extensions"]["argument"] == "saleId"
    too_fast = await ask(shop, SET, staff, saleId=sale, admitPerSecond=0)
    assert too_fast["code"] == "INVALID_INPUT"
