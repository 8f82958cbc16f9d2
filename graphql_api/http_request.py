"""From an HTTP request to the operations in it. Every refusal is a ``Refused`` with a status and a code."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive
from strawberry.types.graphql import OperationType

from graphql_api.limits import check_strings
from resolvers.shared.limits import MAX_BATCH, MAX_STRING_CHARS

Headers = tuple[tuple[bytes, bytes], ...]


class Refused(Exception):
    """The request is answered with this HTTP status before any operation runs."""

    def __init__(
        self, status: int, code: str, message: str, headers: Headers = (), details: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.details = details or {}
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers


def bad_request(message: str) -> Refused:
    return Refused(400, "BAD_REQUEST", message)


def not_allowed(type_: OperationType) -> Refused:
    """Make the refusal of an operation whose type cannot be sent the way it was."""
    if type_ is OperationType.SUBSCRIPTION:
        way = "ask for text/event-stream, or use a WebSocket"
    else:
        way = "use POST for queries and mutations"
    message = f"A {type_.value} cannot be sent this way; {way}."
    return Refused(405, "METHOD_NOT_ALLOWED", message, ((b"allow", b"POST"),))


@dataclass(slots=True)
class Operation:
    """``query`` is empty where the document is named by its hash instead."""

    query: str
    variables: dict[str, Any] | None
    name: str | None
    extensions: dict[str, Any] | None
    document_id: str | None = None


async def read_body(receive: Receive, declared: bytes | None, maximum: int) -> bytes:
    """Read the whole body. Errors: 413."""
    if declared is not None and declared.isdigit() and int(declared[:20]) > maximum:
        raise _too_large(maximum)
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise bad_request("The client went away.")
        body += message.get("body", b"")
        if len(body) > maximum:
            raise _too_large(maximum)
        if not message.get("more_body", False):
            return bytes(body)


def _too_large(maximum: int) -> Refused:
    return Refused(413, "PAYLOAD_TOO_LARGE", f"The request body is larger than {maximum} bytes.")


def parse_post(content_type: bytes | None, body: bytes) -> Operation | list[Operation]:
    """Errors: 415, 400."""
    if problem := _problem_of(content_type):
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", problem)
    return operations_of(_json(body, "body"), long_strings=len(body) > MAX_STRING_CHARS)


@lru_cache(maxsize=64)
def _problem_of(content_type: bytes | None) -> str:
    media_type, _, parameters = (content_type or b"").lower().partition(b";")
    if media_type.strip() != b"application/json":
        return "Send the request as application/json."
    return "Send the request in UTF-8." if b"charset" in parameters and b"utf-8" not in parameters else ""


def operations_of(data: Any, *, long_strings: bool) -> Operation | list[Operation]:
    """Read operations from parsed JSON. ``long_strings``: it may have some. Errors: 400."""
    if isinstance(data, list):
        if not 1 <= len(data) <= MAX_BATCH:
            raise bad_request(f"A batch holds 1 to {MAX_BATCH} operations.")
        return [operation_of(item, long_strings=long_strings) for item in data]
    return operation_of(data, long_strings=long_strings)


def parse_get(query_string: bytes) -> Operation:
    """Errors: 400."""
    try:
        parameters = dict(parse_qsl(query_string.decode("latin-1"), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        raise bad_request("The query string cannot be read.") from None
    data: dict[str, Any] = {name: parameters.get(name) for name in ("query", "operationName", "documentId")}
    for name in ("variables", "extensions"):
        data[name] = _json(text.encode(), name) if (text := parameters.get(name)) else None
    return operation_of(data, long_strings=len(query_string) > MAX_STRING_CHARS)


def _json(text: bytes, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise bad_request(f"The {what} is not valid JSON.") from None


def operation_of(data: Any, *, long_strings: bool) -> Operation:
    """Read one operation from parsed JSON. Errors: 400."""
    if not isinstance(data, dict):
        raise bad_request("The body must be a JSON object with a query.")
    query, document_id = _member(data, "query", str) or "", _member(data, "documentId", str)
    extensions = _member(data, "extensions", dict)
    if not query and document_id is None and (extensions or {}).get("persistedQuery") is None:
        raise bad_request("There is no query in the request.")
    variables = _member(data, "variables", dict)
    if long_strings and variables and (path := check_strings(variables)):
        message = f"variables.{path}: a string may have at most {MAX_STRING_CHARS} characters."
        raise Refused(400, "BAD_USER_INPUT", message)
    return Operation(query, variables, _member(data, "operationName", str), extensions, document_id)


def _member(data: dict[str, Any], name: str, type_: type) -> Any:
    value = data.get(name)
    if value is not None and not isinstance(value, type_):
        raise bad_request(f"{name} must be {'a string' if type_ is str else 'an object'} or null.")
    return value
