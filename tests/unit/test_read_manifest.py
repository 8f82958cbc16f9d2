"""Lists of documents are read as Relay, Apollo and graphql-codegen write them."""

from typing import Any

import orjson
import pytest

from services.document import read_manifest as formats
from services.document.read_manifest import BadManifest, Listed, read_manifest

TEXT = "query One { __typename }"
APOLLO = {"format": "apollo-persisted-query-manifest", "version": 1}


def read(data: Any) -> tuple[list[Listed], list[str]]:
    found, bad = read_manifest(orjson.dumps(data))
    return found, [f"{one.id}: {one.reason}" for one in bad]


def test_relay_and_codegen_write_texts_by_their_ids() -> None:
    # An MD5, Relay's default; a SHA-1, graphql-codegen's; a SHA-256 with the prefix of GraphQL over HTTP.
    ids = ["5" * 32, "6" * 40, "sha256:" + "7" * 64]
    assert read(dict.fromkeys(ids, TEXT)) == ([Listed(one.removeprefix("sha256:"), TEXT) for one in ids], [])


def test_apollo_writes_a_manifest() -> None:
    operation = {"id": "8" * 64, "name": "One", "type": "query", "body": TEXT}
    assert read({**APOLLO, "operations": [operation, operation]}) == ([Listed("8" * 64, TEXT)], [])
    assert read({**APOLLO, "operations": [operation, {**operation, "body": "{ me { id } }"}]})[1] == [
        f"{'8' * 64}: two documents have this id"
    ]


def test_what_is_no_document_is_told_with_its_reason() -> None:
    entries = {
        "": TEXT,
        "a b": TEXT,
        "x" * 256: TEXT,
        "none": None,
        "empty": " ",
        "long": "é" * 40_000,
        "good": TEXT,
    }
    found, bad = read(entries)
    assert found == [Listed("good", TEXT)]
    assert [one.partition(": ")[2].split()[1] for one in bad] == ["id", "id", "id", "is", "is", "text"]


@pytest.mark.parametrize(
    "data",
    [
        [],
        "x",
        {**APOLLO, "version": 2, "operations": []},
        {"format": "other", "version": 1, "operations": []},
        {**APOLLO, "operations": {}},
        {**APOLLO, "operations": ["x"]},
    ],
)
def test_a_file_that_is_no_list_is_refused(data: Any) -> None:
    with pytest.raises(BadManifest):
        read(data)


def test_a_list_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "MOST", 2)
    assert len(read({"a": TEXT, "b": TEXT})[0]) == 2
    with pytest.raises(BadManifest, match="more than 2"):
        read({"a": TEXT, "b": TEXT, "c": TEXT})
    with pytest.raises(BadManifest, match="no JSON"):
        read_manifest(b"{")
