"""The states of an order: what may follow what."""

import pytest

from models.enums import OrderStatus as S
from services.shared.order_states import TRANSITIONS, is_final, may_become

# Said once more, by hand: a change of the table must be meant.
ALLOWED = {
    (S.ACCEPTED, S.AWAITING_PAYMENT),
    (S.ACCEPTED, S.REJECTED),
    (S.AWAITING_PAYMENT, S.PAID),
    (S.AWAITING_PAYMENT, S.CANCELLED),
    (S.AWAITING_PAYMENT, S.EXPIRED),
    (S.PAID, S.SHIPPED),
    (S.PAID, S.CANCELLED),
    (S.PAID, S.REFUNDED),
    (S.SHIPPED, S.COMPLETED),
    (S.SHIPPED, S.REFUNDED),
    (S.COMPLETED, S.REFUNDED),
}


@pytest.mark.parametrize("source", S)
@pytest.mark.parametrize("target", S)
def test_may_become(source: S, target: S) -> None:
    assert may_become(source, target) == ((source, target) in ALLOWED)


def test_the_table_knows_every_state() -> None:
    assert set(TRANSITIONS) == set(S)


def test_what_is_final() -> None:
    assert {status for status in S if is_final(status)} == {S.CANCELLED, S.EXPIRED, S.REJECTED, S.REFUNDED}


def test_every_state_can_be_reached_and_none_comes_again() -> None:
    reached, edge = {S.ACCEPTED}, [S.ACCEPTED]
    while edge:
        for target in TRANSITIONS[edge.pop()] - reached:
            reached.add(target)
            edge.append(target)
    assert reached == set(S)
    order = list(S)
    assert all(may_become(a, b) is False or not may_become(b, a) for a in order for b in order)
