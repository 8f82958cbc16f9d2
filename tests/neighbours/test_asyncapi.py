"""AsyncAPI's own parser understands our document."""

import json
import shutil
from pathlib import Path

import orjson
import pytest

from services.shared.asyncapi import asyncapi
from services.shared.events import EVENT_TYPES
from tests.neighbours.sdks import ASYNCAPI, PROGRAMS, call, npm_install

pytestmark = pytest.mark.timeout(600)


def test_its_parser_finds_nothing_wrong(tmp_path: Path) -> None:
    node = npm_install(tmp_path, ASYNCAPI)
    shutil.copy(PROGRAMS / "parse.mjs", tmp_path)
    told = json.loads(call(tmp_path, node, "parse.mjs", given=orjson.dumps(asyncapi()).decode()))
    assert told["wrong"] == []
    assert told["version"] == "3.1.0"
    assert {message["name"] for message in told["messages"]} == set(EVENT_TYPES)
    for message in told["messages"]:
        assert message["contentType"] == "application/cloudevents+json"
        assert message["headers"]["required"] == ["content-type"]
        assert message["key"]["type"] == "string"
