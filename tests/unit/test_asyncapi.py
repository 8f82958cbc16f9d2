"""The events' document is whole, and up to date."""

from pathlib import Path

import jsonschema
import orjson
import pytest

from services.shared.asyncapi import asyncapi, envelope_schema
from services.shared.event import KINDS
from services.shared.events import EVENT_TYPES, TOPICS

FILE = Path(__file__).parents[2] / "docs" / "asyncapi.json"


def test_it_is_up_to_date() -> None:
    wanted = orjson.dumps(asyncapi(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    assert FILE.read_bytes() == wanted, "run `rushcart docs asyncapi --output docs/asyncapi.json`"


def test_every_event_is_in_it() -> None:
    document = asyncapi()
    assert set(KINDS) == set(EVENT_TYPES) == set(document["components"]["messages"])
    assert set(document["channels"]) == set(TOPICS)
    listed = [kind for channel in document["channels"].values() for kind in channel["messages"]]
    assert sorted(listed) == sorted(EVENT_TYPES)


def test_every_reference_leads_somewhere() -> None:
    document = asyncapi()
    for channel in document["channels"].values():
        for message in channel["messages"].values():
            assert message["$ref"].removeprefix("#/components/messages/") in document["components"]["messages"]
    for operation in document["operations"].values():
        assert operation["channel"]["$ref"].removeprefix("#/channels/") in document["channels"]


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_it_says_how_a_message_looks_in_kafka(kind: str) -> None:
    document = asyncapi()
    message = document["components"]["messages"][kind]
    assert document["asyncapi"] == "3.1.0"
    assert message["contentType"] == "application/cloudevents+json"
    assert message["headers"]["properties"]["content-type"]["const"] == "application/cloudevents+json"
    kafka = message["bindings"]["kafka"]
    hexadecimal = None if KINDS[kind].topic == "stock.v1" else "^[0-9a-f]{32}$"
    assert kafka["bindingVersion"] == "0.5.0"
    assert kafka["key"].get("pattern") == message["payload"]["properties"]["subject"].get("pattern") == hexadecimal


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_schemas_are_schemas(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(envelope_schema(kind))
    assert KINDS[kind].topic in TOPICS
