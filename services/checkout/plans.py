"""All sagas, step by step; ``services/saga`` is handed them.

Each step is a transaction, with what undoes it beside it. They are done from the top. When one refuses, those
before it are undone from the bottom. The barrier lets each be done once and undone once, and none after its undo.
"""

from services.checkout.steps import (
    await_payment,
    empty_cart,
    forget_key,
    give_discount_back,
    give_units_back,
    hold_discount,
    hold_units,
    reject_order,
    write_order,
)
from services.saga.plan import Finish, Plan, Step

CHECKOUT = Plan(
    kind="checkout",
    steps=(
        Step("stock", hold_units, undo=give_units_back),  # each SKU in sorted order, all or none
        Step("discount", hold_discount, undo=give_discount_back),  # one use of the code, if there is one
        Step("order", write_order, undo=reject_order),  # the row, ACCEPTED, and its event
        Step("payment", await_payment, undo=None),  # AWAITING_PAYMENT: from here on it is kept
    ),
    finish=(Finish("cart", empty_cart),),  # of what was ordered
    given_up=forget_key,  # the customer may try again with the same key
)

PLANS = {plan.kind: plan for plan in (CHECKOUT,)}
