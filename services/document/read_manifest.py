"""Read the list of documents that a client's build makes: of Relay, of Apollo, of graphql-codegen.

* Relay (``persistConfig.file``) and graphql-codegen (``persisted-documents.json`` of the client preset): an object
  of texts by their ids, https://relay.dev/docs/guides/persisted-queries/,
  https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#persisted-documents
* Apollo (``@apollo/generate-persisted-query-manifest``): an object with a format, a version and operations,
  https://www.apollographql.com/docs/graphos/platform/security/persisted-queries#manifest-format
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

_APOLLO: Final = "apollo-persisted-query-manifest"
_ID: Final = re.compile(r"[!-~]{1,255}", re.ASCII)
_PREFIX: Final = "sha256:"
_MOST_BYTES: Final = 65_535
MOST: Final = 10_000
"""Documents of a list: each process has all of them in memory."""


class BadManifest(Exception):
    """The file is not a list of documents; the message says why."""


@dataclass(frozen=True, slots=True)
class Listed:
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class BadEntry:
    """``reason``: why the document cannot be on the list."""

    id: str
    reason: str


def normal_id(text: str) -> str:
    """Returns an id as it is kept: ``sha256:`` before it says nothing."""
    return text.removeprefix(_PREFIX)


def read_manifest(content: bytes) -> tuple[list[Listed], list[BadEntry]]:
    """Returns the documents, each id once, and what is none. Errors: BadManifest."""
    found: dict[str, Listed] = {}
    bad: list[BadEntry] = []
    for id_, text in _entries(content):
        if reason := _problem(id_, text):
            bad.append(BadEntry(str(id_)[:255], reason))
            continue
        listed = Listed(normal_id(id_), text)
        if found.setdefault(listed.id, listed) != listed:
            bad.append(BadEntry(listed.id, "two documents have this id"))
    if len(found) > MOST:
        raise BadManifest(f"{len(found):,} documents are more than {MOST:,}")
    return list(found.values()), bad


def _entries(content: bytes) -> Iterator[tuple[Any, Any]]:
    """Errors: BadManifest."""
    try:
        data = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise BadManifest(f"it is no JSON: {error}") from None
    if not isinstance(data, dict):
        raise BadManifest("it must be an object: of texts by their ids, or Apollo's manifest")
    if "format" not in data:
        yield from data.items()
        return
    if data["format"] != _APOLLO or data.get("version") != 1 or not isinstance(data.get("operations"), list):
        raise BadManifest(f"of formats with a name only {_APOLLO}, version 1, is known")
    for operation in data["operations"]:
        if not isinstance(operation, dict):
            raise BadManifest("each of its operations must be an object")
        yield operation.get("id"), operation.get("body")


def _problem(id_: object, text: object) -> str | None:
    if not isinstance(id_, str) or not _ID.fullmatch(id_):
        return "the id must be 1 to 255 printable characters of ASCII"
    if not isinstance(text, str) or not text.strip():
        return "there is no text"
    if len(text.encode("utf-8", "replace")) > _MOST_BYTES:
        return f"the text is longer than {_MOST_BYTES} bytes"
    return None
