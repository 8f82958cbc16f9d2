"""What is given back for units of an order."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.charges_document import Charges
from models.enums import OrderStatus
from services.order.rules import LineMoney, cancelled_units, worth_of

AMOUNTS = st.integers(0, 10**6)
LINES = st.lists(st.tuples(AMOUNTS, st.integers(1, 9)), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("charges", "total", "worth"),
    [
        (None, 19900, 1990),
        (Charges(19900, 0, 500, 0, 0, False), 20400, 2040),  # with its part of shipping
        (Charges(19900, 1990, 500, 0, 0, False), 18410, 1841),  # less its part of a discount
        (Charges(19900, 0, 500, 500, 0, False), 19900, 1990),
        (Charges(19900, 0, 500, 0, 3876, False), 24276, 2427),  # 19 % on top, also of shipping
        (Charges(19900, 0, 500, 0, 3257, True), 20400, 2040),  # in the prices
        (Charges(19900, 19900, 500, 0, 95, False), 595, 59),
    ],
)
def test_the_tenth_of_ten(charges: Charges | None, total: int, worth: int) -> None:
    assert charges is None or charges.total == total
    assert worth_of(total, charges, [LineMoney(1990, 10, 1)]) == worth


def test_each_line_at_its_own_tax_and_discount() -> None:
    """10.00 at 19 % and 10.00 at 7 %, a discount of 2.00 on the first, shipping of 4.00 untaxed."""
    charges = Charges(2000, 200, 400, 0, 152 + 70, False, parts=((200, 152), (0, 70)))
    lines = [[LineMoney(1000, 1, first), LineMoney(1000, 1, second)] for first, second in ((1, 0), (0, 1))]
    # 9.52 and 10.70 of 20.22, and of 4.00 for shipping 1.88 and 2.12.
    assert [worth_of(charges.total, charges, both) for both in lines] == [952 + 188, 1070 + 212]
    assert worth_of(charges.total, Charges.from_json(charges.to_json()), lines[0]) == 952 + 188


def test_down_to_what_can_be_charged() -> None:
    assert worth_of(1999, None, [LineMoney(1000, 1, 0), LineMoney(999, 1, 1)], 10) == 990
    assert worth_of(1999, None, [LineMoney(1000, 1, 1), LineMoney(999, 1, 1)], 10) == 1999


def test_of_what_costs_nothing_its_part_of_the_shipping() -> None:
    assert worth_of(0, None, [LineMoney(0, 2, 1)]) == 0
    assert worth_of(500, Charges(0, 0, 500, 0, 0, True), [LineMoney(0, 2, 1)]) == 250


@settings(max_examples=50)
@given(lines=LINES, percent=st.integers(0, 100), shipping=AMOUNTS, tax=AMOUNTS, step=st.sampled_from([1, 10]))
def test_unit_by_unit_the_parts_sum_to_the_whole(
    lines: list[tuple[int, int]], percent: int, shipping: int, tax: int, step: int
) -> None:
    subtotal = sum(price * units for price, units in lines)
    charges = Charges(subtotal, subtotal * percent // 100, shipping, 0, tax, False)
    back, worths = [0] * len(lines), [0]
    for place, (_, units) in enumerate(lines):
        for _ in range(units):
            back[place] += 1
            money = [LineMoney(price, n, b) for (price, n), b in zip(lines, back, strict=True)]
            worths.append(worth_of(charges.total, charges, money, step))
    assert all(before <= after for before, after in pairwise(worths))
    assert worths[-1] == charges.total


def test_of_an_order_that_is_over_all_that_was_not_sent_is_cancelled() -> None:
    units = {status: cancelled_units(status, 5, 2, 1) for status in (OrderStatus.PAID, OrderStatus.SHIPPED)}
    assert units == {OrderStatus.PAID: 1, OrderStatus.SHIPPED: 3}
