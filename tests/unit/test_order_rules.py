"""What is given back for the rest of an order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.charges_document import Charges
from services.order.rules import worth_of_rest

AMOUNTS = st.integers(0, 10**12)


@pytest.mark.parametrize(
    ("charges", "total", "worth"),
    [
        (None, 19900, 1990),
        (Charges(19900, 0, 500, 0, 0, False), 20400, 1990),  # shipping is not given back
        (Charges(19900, 1990, 500, 0, 0, False), 18410, 1791),  # nor is a discount
        (Charges(19900, 0, 500, 500, 0, False), 19900, 1990),
        (Charges(19900, 0, 500, 0, 3876, False), 24276, 2368),  # 19 % on top, also of shipping
        (Charges(19900, 0, 500, 0, 3257, True), 20400, 1990),  # in the prices
        (Charges(19900, 19900, 500, 0, 95, False), 595, 0),
    ],
)
def test_the_tenth_of_ten(charges: Charges | None, total: int, worth: int) -> None:
    assert charges is None or charges.total == total
    assert worth_of_rest(total, charges, 9 * 1990, 1990) == worth


def test_down_to_what_can_be_charged() -> None:
    assert worth_of_rest(1999, None, 1000, 999, 10) == 990


def test_of_nothing() -> None:
    assert worth_of_rest(0, None, 0, 0) == 0
    assert worth_of_rest(500, Charges(0, 0, 500, 0, 0, True), 0, 0) == 0


@given(sent=AMOUNTS, unsent=AMOUNTS, percent=st.integers(0, 100), shipping=AMOUNTS, tax=AMOUNTS)
def test_no_more_than_was_paid_and_both_parts_are_all(
    sent: int, unsent: int, percent: int, shipping: int, tax: int
) -> None:
    subtotal = sent + unsent
    charges = Charges(subtotal, subtotal * percent // 100, shipping, 0, tax if subtotal else 0, False)
    worth, other = (worth_of_rest(charges.total, charges, *parts) for parts in ((sent, unsent), (unsent, sent)))
    assert 0 <= worth <= charges.total
    assert worth + other <= charges.total
    if not shipping and charges.total and percent < 100:
        assert worth + other >= charges.total - 1
