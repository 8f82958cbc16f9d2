"""An order as a message: there and back, and what older messages lack."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from infra.clock import from_millis
from infra.ids import new_id
from models.address_document import AddressDoc
from models.charges_document import Charges, RateTax
from models.order_document import LineSnapshot, OrderSnapshot

ADDRESS = AddressDoc(new_id(), "Ada", "+4930123456", "Straße 1", None, "Köln", None, "50667", "DE", True)
LINE = LineSnapshot("SKU|1", new_id(), new_id(), "Shirt", 2, 1990, 3)
ORDER = OrderSnapshot(new_id(), new_id(), "key", "f" * 32, "EUR", 900_000, (LINE,), from_millis(1), ADDRESS)
CHARGES = Charges(3980, 0, 590, 0, 868, False, "parcel", taxes=(RateTax(190_000, 4570, 868),))


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


def test_documents_that_are_at_hand_go_in_as_they_are_and_are_read_when_somebody_asks() -> None:
    address, charges = AddressDoc.ready(ADDRESS.encoded()), Charges.ready(CHARGES.encoded())
    known = replace(ORDER, shipping_address=address, charges=charges, quoted_total=CHARGES.total)
    whole = replace(ORDER, charges=CHARGES)
    written = orjson.dumps(known.to_json())
    assert written == orjson.dumps(whole.to_json())
    assert known.total == whole.total == 5438
    with pytest.raises(AttributeError):  # nobody has read it so far
        object.__getattribute__(address, "city")
    assert OrderSnapshot.from_json(orjson.loads(written)) == known == whole
    assert (hash(address), repr(charges)) == (hash(ADDRESS), repr(CHARGES))
    assert orjson.dumps(known.to_json()) == written


def test_a_document_that_was_made_of_one_at_hand_is_written_anew() -> None:
    moved = replace(AddressDoc.ready(ADDRESS.encoded()), city="Bonn")
    assert moved.written() == ADDRESS.to_json() | {"city": "Bonn"}
    with pytest.raises(AttributeError, match="street"):
        getattr(Charges.ready(CHARGES.encoded()), "street")  # noqa: B009 - mypy knows that there is none
