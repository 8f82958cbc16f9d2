"""What a basket costs: worked examples, and what holds for every basket."""

import random
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.charges_document import Charges, RateTax
from models.enums import HalfRounding, TaxRounding
from services.charges.work_out import charges_of
from services.money.amounts import MAX_MINOR
from services.shared.allocate import allocate
from services.shared.pricing import WHOLE, Line, OrderDiscount, Priced, Tax, price, rounded

amounts = st.integers(0, MAX_MINOR)
prices = st.one_of(st.integers(0, 300), amounts)
classes = st.sampled_from([None, "reduced", "zero", "other"])
lines = st.lists(
    st.builds(Line, st.uuids().map(str), prices, st.integers(0, 10**6), prices, classes),
    max_size=12,
    unique_by=lambda line: line.key,
)
discounts = st.builds(OrderDiscount, st.integers(0, WHOLE), prices, st.booleans())
rates = st.integers(0, 2 * WHOLE)
taxes = st.builds(
    Tax,
    rates,
    st.booleans(),
    st.booleans(),
    st.fixed_dictionaries({}, optional={"reduced": rates, "zero": st.just(0), "shipping": rates}),
    st.sampled_from(TaxRounding),
    st.sampled_from(HalfRounding),
)
BY_LINE = Tax(0, False, rounding=TaxRounding.LINE, half=HalfRounding.EVEN)


@given(st.dictionaries(st.text(max_size=3), prices, min_size=1), st.data())
def test_an_amount_is_split_without_a_rest(weights: dict[str, int], data: st.DataObject) -> None:
    whole = sum(weights.values())
    amount = data.draw(st.integers(0, whole))
    parts = allocate(amount, weights)
    assert sum(parts.values()) == amount
    for key, part in parts.items():
        assert 0 <= part <= weights[key]
        # Within one minor unit of the exact share.
        assert abs(part * whole - amount * weights[key]) < max(whole, 1)
    shuffled = list(weights.items())
    random.shuffle(shuffled)
    assert allocate(amount, dict(shuffled)) == parts


def test_of_equal_remainders_the_lower_key_comes_first() -> None:
    assert allocate(100, {"c": 1, "b": 1, "a": 1}) == {"a": 34, "b": 33, "c": 33}
    assert allocate(5, {"a": 0, "b": 7}) == {"a": 0, "b": 5}
    assert allocate(0, {"a": 0}) == {"a": 0}
    assert allocate(0, {}) == {}


@pytest.mark.parametrize(("amount", "weights"), [(1, {}), (1, {"a": 0}), (-1, {"a": 1}), (1, {"a": -1, "b": 3})])
def test_what_cannot_be_split(amount: int, weights: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="split"):
        allocate(amount, weights)


@given(st.integers(0, 10**24), st.integers(1, 10**9))
def test_rounding_is_half_to_even(numerator: int, denominator: int) -> None:
    nearest = rounded(numerator, denominator)
    twice_off = 2 * abs(nearest * denominator - numerator)
    assert twice_off < denominator or (twice_off == denominator and nearest % 2 == 0)


@given(st.integers(0, 10**15))
def test_rounding_is_that_of_decimal(halves: int) -> None:
    assert rounded(halves, 2) == int((Decimal(halves) / 2).quantize(Decimal(1), ROUND_HALF_EVEN))


@given(lines, prices, discounts, taxes)
def test_the_total_is_the_sum_of_its_parts(
    basket: list[Line], shipping: int, discount: OrderDiscount, tax: Tax
) -> None:
    priced = price(basket, shipping=shipping, discount=discount, tax=tax)
    for line in priced.lines:
        assert line.subtotal == line.unit_price * line.quantity
        assert min(line.line_discount, line.order_discount, line.net, line.tax) >= 0
    added = 0 if tax.inclusive else priced.tax
    assert priced.total == priced.subtotal - priced.discount + shipping - priced.shipping.discount + added
    assert priced.total == sum(line.net for line in priced.lines) + priced.shipping.net + added
    if tax.inclusive:
        assert 0 <= priced.tax <= priced.total
    assert priced.total >= 0
    assert priced.shipping.discount == (shipping if discount.free_shipping else 0)


@given(lines, prices, discounts, taxes)
def test_what_an_order_keeps_of_it_has_the_same_total(
    basket: list[Line], shipping: int, discount: OrderDiscount, tax: Tax
) -> None:
    priced = price(basket, shipping=shipping, discount=discount, tax=tax)
    charges = charges_of(priced, "standard", None)
    assert charges.total == priced.total
    assert Charges.from_json(charges.to_json()) == charges


@given(lines, prices, discounts, taxes, st.randoms(use_true_random=False))
def test_the_order_of_lines_is_irrelevant(
    basket: list[Line], shipping: int, discount: OrderDiscount, tax: Tax, chance: random.Random
) -> None:
    priced = price(basket, shipping=shipping, discount=discount, tax=tax)
    shuffled = list(basket)
    chance.shuffle(shuffled)
    again = price(shuffled, shipping=shipping, discount=discount, tax=tax)
    assert again.total == priced.total
    assert {line.key: line for line in again.lines} == {line.key: line for line in priced.lines}


@given(lines, discounts)
def test_a_discount_is_what_was_promised_and_no_more_than_the_lines(
    basket: list[Line], discount: OrderDiscount
) -> None:
    priced = price(basket, discount=discount)
    cost = sum(line.subtotal - line.line_discount for line in priced.lines)
    promised = rounded(cost * discount.rate, WHOLE) + discount.amount
    assert sum(line.order_discount for line in priced.lines) == min(promised, cost)


steps = st.sampled_from([1, 10, 100])


def in_steps(basket: list[Line], step: int) -> list[Line]:
    return [replace(line, unit_price=line.unit_price * step, discount=line.discount * step) for line in basket]


@given(lines, prices, discounts, taxes, steps)
def test_what_can_be_charged_stays_so(
    basket: list[Line], shipping: int, discount: OrderDiscount, tax: Tax, step: int
) -> None:
    priced = price(in_steps(basket, step), shipping=shipping * step, discount=discount, tax=tax, step=step)
    exact = price(in_steps(basket, step), shipping=shipping * step, discount=discount, tax=tax)
    assert priced.total % step == 0
    assert all(line.order_discount % step == line.net % step == 0 for line in priced.lines)
    # Half a step for the rate and the amount of the discount each.
    assert abs(priced.discount - exact.discount) <= step
    cost = sum(line.subtotal - line.line_discount for line in priced.lines)
    assert sum(line.order_discount for line in priced.lines) <= cost


@given(lines, prices, discounts, taxes, steps)
def test_prices_that_are_older_than_the_step_add_up_too(
    basket: list[Line], shipping: int, discount: OrderDiscount, tax: Tax, step: int
) -> None:
    priced = price(basket, shipping=shipping, discount=discount, tax=tax, step=step)
    added = 0 if tax.inclusive else priced.tax
    assert priced.total == sum(line.net for line in priced.lines) + priced.shipping.net + added
    assert all(line.net >= 0 for line in priced.lines)
    assert added % step == 0


def test_dinars_of_stripe() -> None:
    """10 % of 12.340 KWD are 1.234: 1.23; 5 % of the 11.110 that are left 0.5555: 0.56, of 1.500 0.075: 0.08."""
    tenth, tax = OrderDiscount(rate=100_000), replace(BY_LINE, rate=50_000)
    priced = price(basket_of(12340), shipping=1500, discount=tenth, tax=tax, step=10)
    assert told(priced) == ([1230], [560], 11110 + 1500 + 560 + 80)
    priced = price(basket_of(12340), shipping=1500, discount=tenth, tax=replace(tax, inclusive=True), step=10)
    assert told(priced) == ([1230], [529], 11110 + 1500)


def basket_of(*prices_: int) -> list[Line]:
    return [Line(str(place), one, 1) for place, one in enumerate(prices_)]


def told(priced: Priced) -> tuple[list[int], list[int], int]:
    return [line.order_discount for line in priced.lines], [line.tax for line in priced.lines], priced.total


def test_ten_per_cent_and_exclusive_tax() -> None:
    # 10 % of 29.97 is 2.997: 3.00, one from each line; 8.875 % of 8.99 is 0.7978.
    priced = price(
        basket_of(999, 999, 999),
        shipping=500,
        discount=OrderDiscount(rate=100_000),
        tax=replace(BY_LINE, rate=88_750),
    )
    assert told(priced) == ([100, 100, 100], [80, 80, 80], 3 * 899 + 500 + 3 * 80 + 44)
    assert priced.shipping.tax == 44  # 44.375


def test_inclusive_tax_is_in_the_total() -> None:
    priced = price(basket_of(1190, 595), shipping=119, tax=Tax(190_000, True))
    assert told(priced) == ([0, 0], [190, 95], 1904)
    assert (priced.shipping.tax, priced.tax) == (19, 304)


def test_halves_go_to_the_even_neighbour() -> None:
    # 5 % of 0.10, 0.30 and 0.50: 0.5, 1.5 and 2.5 minor units.
    halves = replace(BY_LINE, rate=50_000)
    assert told(price(basket_of(10, 30, 50), tax=halves))[1] == [0, 2, 2]
    assert told(price(basket_of(10, 30, 50), tax=replace(halves, half=HalfRounding.UP)))[1] == [1, 2, 3]


def test_of_an_order_sums_by_rate_are_rounded_once() -> None:
    """As EN 16931 has it: 7 % of 3 times 0.33 are 0.0693, by line three times 0.02; 19 % of 1.00 and 0.90."""
    reduced = {"reduced": 70_000}
    goods = [Line(key, 33, 1, tax_class="reduced") for key in "abc"] + [Line("d", 100, 1)]
    tax = Tax(190_000, False, classes=reduced)
    priced = price(goods, shipping=90, tax=tax)
    assert priced.tax == 7 + 36  # 6.93, and 36.1 with the shipping's
    assert told(priced)[1] == [3, 2, 2, 19]
    assert priced.shipping.tax == 17
    assert priced.taxes == (RateTax(70_000, 99, 7), RateTax(190_000, 190, 36))
    assert charges_of(priced, "parcel", None).rates == (70_000, 70_000, 70_000, 190_000)
    by_line = price(goods, shipping=90, tax=replace(tax, rounding=TaxRounding.LINE))
    assert by_line.tax == 3 * 2 + 19 + 17
    untaxed = price(goods, shipping=90, tax=replace(tax, classes=reduced | {"shipping": 0}))
    assert (untaxed.shipping.tax, untaxed.tax) == (0, 7 + 19)


@given(lines, prices, discounts, taxes, steps)
def test_the_sums_by_rate_are_the_total(
    basket: list[Line], shipping: int, discount: OrderDiscount, tax: Tax, step: int
) -> None:
    """And an order reads them back, from its document and from a quote."""
    priced = price(basket, shipping=shipping, discount=discount, tax=tax, step=step)
    charges = charges_of(priced, "parcel", None)
    if charges.taxes:
        assert sum(net + tax for _, net, tax in charges.taxes) == priced.total
    else:
        assert priced.tax == 0
    assert sum(tax for _, _, tax in charges.taxes) == priced.tax
    assert Charges.from_json(charges.to_json()) == charges
    assert Charges.from_row(charges.to_row()) == charges
    before = Charges.from_row(charges.to_row()[:9])  # of an order that was armed before there were sums
    assert (before.parts, before.taxes, before.total) == (charges.parts, (), charges.total)


@given(lines, prices, taxes)
def test_a_sum_is_off_by_half_a_unit_a_rate(basket: list[Line], shipping: int, tax: Tax) -> None:
    tax = replace(tax, rounding=TaxRounding.ORDER)
    priced = price(basket, shipping=shipping, tax=tax)
    nets: dict[int, int] = {}
    parts = [(tax.rate_of(given.tax_class), line.net) for given, line in zip(basket, priced.lines, strict=True)]
    for rate, net in [*parts, (tax.rate_of("shipping") if tax.on_shipping else 0, priced.shipping.net)]:
        nets[rate] = nets.get(rate, 0) + net
    exact = [Decimal(net * rate) / (WHOLE + rate if tax.inclusive else WHOLE) for rate, net in nets.items()]
    assert abs(sum(exact, Decimal(0)) - priced.tax) <= Decimal("0.500001") * len(exact)


def test_an_amount_beyond_the_basket_makes_it_free_and_shipping_stays() -> None:
    priced = price(basket_of(100, 50), shipping=70, discount=OrderDiscount(amount=1000), tax=Tax(100_000, False))
    assert told(priced) == ([100, 50], [0, 0], 77)


def test_free_shipping_is_untaxed_and_shipping_may_be() -> None:
    free = price(basket_of(100), shipping=70, discount=OrderDiscount(free_shipping=True), tax=Tax(100_000, False))
    assert (free.shipping.net, free.shipping.tax, free.total) == (0, 0, 110)
    untaxed = price(basket_of(100), shipping=70, tax=Tax(100_000, False, on_shipping=False))
    assert (untaxed.shipping.tax, untaxed.total) == (0, 180)


def test_a_line_discount_is_no_more_than_its_line() -> None:
    priced = price([Line("a", 100, 2, discount=500), Line("b", 100, 1)], discount=OrderDiscount(rate=500_000))
    assert [line.net for line in priced.lines] == [0, 50]


@pytest.mark.parametrize(
    ("basket", "shipping", "discount"),
    [
        ([Line("a", -1, 1)], 0, OrderDiscount()),
        ([Line("a", 1, -1)], 0, OrderDiscount()),
        ([Line("a", 1, 1, -1)], 0, OrderDiscount()),
        ([Line("a", 1, 1), Line("a", 1, 1)], 0, OrderDiscount()),
        ([], -1, OrderDiscount()),
        ([], 0, OrderDiscount(rate=WHOLE + 1)),
        ([], 0, OrderDiscount(amount=-1)),
    ],
)
def test_what_no_caller_may_ask(basket: list[Line], shipping: int, discount: OrderDiscount) -> None:
    with pytest.raises(ValueError, match=r"0 or more|same key"):
        price(basket, shipping=shipping, discount=discount)
