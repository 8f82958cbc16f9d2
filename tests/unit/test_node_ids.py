from base64 import b64encode
from uuid import UUID

import pytest
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st

from resolvers.shared.node import MalformedId, argument_id, decode_id, encode_id, input_id, split_id
from services.shared.errors import FieldProblem, InvalidInput

KEY = UUID("01a20f2e-76cb-707d-acce-f9c8562889ec")
OTHER = encode_id("Order", KEY)


@given(st.uuids(), st.sampled_from(["User", "FlashSaleItem", "Order"]))
def test_an_id_comes_back(key: UUID, type_name: str) -> None:
    assert decode_id(encode_id(type_name, key), type_name) == key


def test_an_id_looks_the_same_forever() -> None:
    assert encode_id("User", KEY) == "VXNlcjowMWEyMGYyZTc2Y2I3MDdkYWNjZWY5Yzg1NjI4ODllYw"


def test_padding_is_accepted() -> None:
    assert decode_id(b64encode(f"User:{KEY.hex}".encode()).decode(), "User") == KEY


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        "=",
        "VXNlcg",
        "🙂",
        "\x00",
        "User:1",
        b64encode(b"User:1").decode(),
        b64encode(b":" + KEY.hex.encode()).decode(),
        b64encode(b"User:" + b"0_" * 16).decode(),
        b64encode(b"User:" + b"\xff" * 32).decode(),
        b64encode(b"User:" + str(KEY).encode()).decode(),
        "A" * 100_000,
        "' OR 1=1 --",
    ],
)
def test_a_hostile_id_is_refused(hostile: str) -> None:
    with pytest.raises(MalformedId, match=r"^is not an id$"):
        split_id(hostile)


@given(st.text(max_size=120))
def test_any_text_is_an_id_or_refused(text: str) -> None:
    try:
        type_name, key = split_id(text)
    except MalformedId:
        return
    assert decode_id(text, type_name) == key


def test_an_input_names_its_field() -> None:
    with pytest.raises(InvalidInput) as caught:
        input_id(OTHER, "FlashSaleItem", "itemId")
    assert caught.value.problems == (FieldProblem(("input", "itemId"), "is not the id of a FlashSaleItem"),)


def test_an_argument_names_itself() -> None:
    with pytest.raises(GraphQLError) as caught:
        argument_id("nonsense", "Order", "id")
    assert caught.value.message == "id: is not an id"
    assert caught.value.extensions == {"code": "BAD_USER_INPUT", "argument": "id"}
