"""Bodies with files: what the specification shows is read, whatever is wrong is refused with a reason."""

import json
from contextlib import closing, suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Message

from graphql_api.http_request import Operation, Refused
from graphql_api.multipart import MAX_FILES, MAX_PLACES, Form, FormLimits, is_form
from services.media.rules import Upload

BOUNDARY = "----a-boundary"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}".encode()
LIMITS = FormLimits(operations=2_000, file=4_000)
QUERY = "mutation ($file: Upload!) { x(file: $file) }"


def part(name: str, content: bytes, filename: str | None = None, disposition: str = "form-data") -> bytes:
    named = f'; filename="{filename}"' if filename is not None else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: {disposition}; name="{name}"{named}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def body(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def operations(variables: Any = None, **others: Any) -> bytes:
    given_variables = {"file": None} if variables is None else variables
    return part("operations", json.dumps({"query": QUERY, "variables": given_variables, **others}).encode())


def mapped(**places: Any) -> bytes:
    return part("map", json.dumps(places).encode())


def file(name: str = "0", content: bytes = b"content") -> bytes:
    return part(name, content, "a.jpg")


async def read(
    content: bytes, *, piece: int = 1 << 16, declared: bytes | None = None, content_type: bytes = CONTENT_TYPE
) -> Any:
    """The operations, each upload as its bytes; the body comes in pieces."""
    pieces = [content[at : at + piece] for at in range(0, len(content), piece)] or [b""]

    async def receive() -> Message:
        more = pieces.pop(0)
        return {"type": "http.request", "body": more, "more_body": bool(pieces)}

    with closing(Form(content_type, LIMITS)) as form:
        found = await form.read(receive, declared)
        return [_plain(one) for one in found] if isinstance(found, list) else _plain(found)


def _plain(operation: Operation) -> Any:
    def plain(value: Any) -> Any:
        if isinstance(value, Upload):
            content = value.file.read()
            value.file.seek(0)
            assert len(content) == value.size
            return content
        if isinstance(value, dict):
            return {name: plain(inner) for name, inner in value.items()}
        return [plain(inner) for inner in value] if isinstance(value, list) else value

    return plain(operation.variables)


WHOLE = body(operations(), mapped(**{"0": ["variables.file"]}), file())


async def test_a_file() -> None:
    assert await read(WHOLE) == {"file": b"content"}


async def test_a_list_of_files_and_one_in_two_places() -> None:
    content = body(
        operations({"files": [None, None], "again": None}),
        mapped(a=["variables.files.0", "variables.again"], b=["variables.files.1"]),
        file("b", b"second"),
        file("a", b""),
    )
    assert await read(content) == {"files": [b"", b"second"], "again": b""}


async def test_a_batch() -> None:
    batch = json.dumps([{"query": QUERY, "variables": {"file": None}}] * 2).encode()
    content = body(
        part("operations", batch),
        mapped(**{"0": ["0.variables.file"], "1": ["1.variables.file"]}),
        file("0", b"first"),
        file("1", b"second"),
    )
    assert await read(content) == [{"file": b"first"}, {"file": b"second"}]


@settings(max_examples=30, deadline=None)
@given(content=st.binary(max_size=900), piece=st.integers(1, 400))
async def test_a_file_of_any_bytes_in_pieces_of_any_size(content: bytes, piece: int) -> None:
    if b"\r\n--" + BOUNDARY.encode() in content:
        return
    whole = body(operations(), mapped(**{"0": ["variables.file"]}), file(content=content))
    assert await read(whole, piece=piece) == {"file": content}


MAP = mapped(**{"0": ["variables.file"]})
DEEP = json.dumps({"0": ["variables." + ".".join("a" * 20)]}).encode()
MANY = {str(number): ["variables.file"] for number in range(MAX_FILES + 1)}


@pytest.mark.parametrize(
    ("content", "status", "message"),
    [
        (b"", 400, "ends before its last boundary"),
        (b"nonsense", 400, "cannot be read"),
        (WHOLE[:-20], 400, "ends before its last boundary"),
        (body(), 400, "ends before its last boundary"),
        (body(MAP, operations(), file()), 400, "operations must come before 'map'"),
        (body(file(), operations(), MAP), 400, "operations must come before '0'"),
        (body(operations(), file(), MAP), 400, "map must come before '0'"),
        (body(operations(), MAP), 400, "the file '0' is not in the request"),
        (body(operations(), MAP, file("1")), 400, "'1' is not in the map"),
        (body(operations(), MAP, file(), file()), 400, "is there twice"),
        (body(operations(), MAP, file(), operations()), 400, "'operations' is not in the map"),
        (body(part("operations", b"{"), MAP, file()), 400, "operations is not valid JSON"),
        (body(part("operations", b"3"), MAP, file()), 400, "operations must be an object"),
        (body(part("operations", b"\xff\xfe"), MAP, file()), 400, "operations is not valid JSON"),
        (body(part("operations", b'{"query":"{a}"}'), MAP, file()), 400, "no null at 'variables.file'"),
        (body(operations({"file": "x"}), MAP, file()), 400, "no null at 'variables.file'"),
        (body(operations({"other": None}), MAP, file()), 400, "no null at 'variables.file'"),
        (body(operations({"file": None}, query=""), MAP, file()), 400, "There is no query"),
        (body(operations(), part("map", b"[]"), file()), 400, "map must be an object"),
        (body(operations(), part("map", b"{}"), file()), 400, "map must be an object"),
        (body(operations(), part("map", b"{"), file()), 400, "map is not valid JSON"),
        (body(operations(), mapped(**{"0": "variables.file"}), file()), 400, "must have a list of paths"),
        (body(operations(), mapped(**{"0": []}), file()), 400, "must have a list of paths"),
        (body(operations(), mapped(**{"0": [1]}), file()), 400, "must have a list of paths"),
        (body(operations(), mapped(**{"0": ["query"]}), file()), 400, "no null at 'query'"),
        (body(operations(), mapped(**{"0": ["variables"]}), file()), 400, "no null at 'variables'"),
        (body(operations(), mapped(**{"0": ["variables.file.x"]}), file()), 400, "no null at"),
        (body(operations(), mapped(**{"0": ["variables.__class__"]}), file()), 400, "no null at"),
        (body(operations({"a": [None]}), mapped(**{"0": ["variables.a.-1"]}), file()), 400, "no null at"),
        (body(operations({"a": [None]}), mapped(**{"0": ["variables.a.1"]}), file()), 400, "no null at"),
        (body(operations({"a": [None]}), mapped(**{"0": ["variables.a.٠"]}), file()), 400, "no null at"),
        (body(operations(), mapped(**{"0": ["variables.file"] * 2}), file()), 400, "each once"),
        (body(operations(), part("map", DEEP), file()), 400, "no null at"),
        (body(operations(), mapped(**MANY), file()), 400, f"1 to {MAX_FILES} files"),
        (
            body(operations(), mapped(**{"0": [f"variables.{n}" for n in range(MAX_PLACES + 1)]}), file()),
            400,
            f"at most {MAX_PLACES} paths",
        ),
        (body(operations({"file": None, "x": "y" * 2_000}), MAP, file()), 413, "'operations' is larger than 2000"),
        (body(operations(), part("map", b" " * 9_000), file()), 413, "'map' is larger than 8192"),
        (body(operations(), MAP, file(content=bytes(4_001))), 413, "'0' is larger than 4000"),
        (body(part("operations", b"{}", disposition="attachment")), 400, "has no name"),
        (body(part("", b"{}")), 400, "has no name"),
        (f"--{BOUNDARY}\r\n\r\nx\r\n--{BOUNDARY}--".encode(), 400, "has no name"),
        (f"--{BOUNDARY}\r\nX: {'y' * 5_000}\r\n\r\n".encode(), 400, "cannot be read"),
        (f"--{BOUNDARY}\r\n".encode() + b"X: y\r\n" * 50, 400, "cannot be read"),
        (f"--{BOUNDARY}\r\nno colon\r\n\r\n".encode(), 400, "cannot be read"),
        (WHOLE + b"x" * LIMITS.whole, 413, f"larger than {LIMITS.whole}"),
    ],
)
async def test_what_is_wrong_is_refused_with_a_reason(content: bytes, status: int, message: str) -> None:
    for piece in (1 << 16, 50):
        with pytest.raises(Refused) as caught:
            await read(content, piece=piece)
        assert (caught.value.status, message in caught.value.message) == (status, True), caught.value.message


@settings(max_examples=100, deadline=None)
@given(place=st.integers(0, len(WHOLE) - 1), piece=st.binary(max_size=5))
async def test_a_damaged_body_is_read_or_refused(place: int, piece: bytes) -> None:
    with suppress(Refused):
        await read(WHOLE[:place] + piece + WHOLE[place + len(piece) :])


async def test_too_long_by_its_own_word_is_refused_before_anything_is_read() -> None:
    with pytest.raises(Refused) as caught:
        await read(WHOLE, declared=str(LIMITS.whole + 1).encode())
    assert caught.value.status == 413


@pytest.mark.parametrize("parameters", [b"", b"; boundary=", b"; boundary=" + b"x" * 71])
async def test_a_body_without_a_boundary_is_refused(parameters: bytes) -> None:
    with pytest.raises(Refused):
        await read(WHOLE, content_type=b"multipart/form-data" + parameters)


async def test_a_client_that_goes_away() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    with closing(Form(CONTENT_TYPE, LIMITS)) as form, pytest.raises(Refused):
        await form.read(receive, None)


def test_which_requests_are_forms() -> None:
    assert is_form(CONTENT_TYPE)
    assert is_form(b"Multipart/Form-Data ; boundary=x")
    assert not is_form(b"application/json")
    assert not is_form(b"multipart/mixed; boundary=x")
    assert not is_form(None)
