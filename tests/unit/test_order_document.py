"""An order as a message: there and back, and what older messages lack."""

from dataclasses import replace
from typing import Any

import pytest

from infra.clock import from_millis
from infra.ids import new_id
from models.address_document import AddressDoc
from models.order_document import LineSnapshot, OrderSnapshot

ADDRESS = AddressDoc(new_id(), "Ada", "+4930123456", "Straße 1", None, "Köln", None, "50667", "DE", True)
LINE = LineSnapshot("SKU|1", new_id(), new_id(), "Shirt", 2, 1990, 3)
ORDER = OrderSnapshot(new_id(), new_id(), "key", "f" * 32, "EUR", 900_000, (LINE,), from_millis(1), ADDRESS)


@pytest.mark.parametrize("order", [ORDER, replace(ORDER, shipping_address=None)])
def test_it_comes_back_as_it_was(order: OrderSnapshot) -> None:
    assert OrderSnapshot.from_json(order.to_json()) == order


def test_a_message_from_before_there_were_addresses_has_none() -> None:
    raw = ORDER.to_json()
    del raw["shippingAddress"]
    assert OrderSnapshot.from_json(raw) == replace(ORDER, shipping_address=None)


@pytest.mark.parametrize("address", [{}, {"id": "x"}, "Berlin", 5, [1]])
def test_what_is_no_address_makes_it_no_order(address: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        OrderSnapshot.from_json({**ORDER.to_json(), "shippingAddress": address})
