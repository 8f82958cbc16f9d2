"""Images as staff upload them and shops show them, over HTTP; and bodies that are meant to do harm."""

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from resolvers.shared.node import encode_id
from settings import Settings
from tests.e2e.hostile import assert_clean
from tests.e2e.shop import Person, Shop
from tests.modes import ONE_MODE
from tests.pictures import jpeg, png
from tests.server import Server, serve

pytestmark = ONE_MODE

ADD = """
mutation Add($input: AddProductImageInput!) {
  addProductImage(input: $input) { ...Outcome }
}
fragment Outcome on AddProductImageResult {
  __typename
  ... on ProductImagePayload {
    product { id version images { id } }
    image { id url altText width height small: url(size: 200) thumbnails { url size width height } }
  }
  ... on Error { code message }
  ... on InvalidInput { fields { path message } }
  ... on StaleVersion { currentVersion }
}
"""
IMAGES = """
query Images($id: ID!) { product(id: $id) { version images { url altText width height thumbnails { size } } } }
"""
CHANGE = """
mutation Change($update: UpdateProductImageInput!, $remove: RemoveProductImageInput!) {
  update: updateProductImage(input: $update) { ...Outcome }
  remove: removeProductImage(input: $remove) { ...Outcome }
}
fragment Outcome on ChangeProductImageResult {
  __typename
  ... on ProductImagePayload { product { images { altText } } image { altText } }
  ... on Error { code message }
  ... on InvalidInput { fields { path } }
}
"""
PREFLIGHT = {"GraphQL-Require-Preflight": "1"}
LARGEST = 300_000


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Server]:
    async with serve(settings.model_copy(update={"max_upload_bytes": LARGEST})) as running:
        yield running


async def send(
    shop: Shop,
    by: Person | None,
    operations: Any,
    places: Mapping[str, list[str]],
    files: Mapping[str, bytes],
    headers: Mapping[str, str] = PREFLIGHT,
) -> httpx.Response:
    sent = dict(headers) | ({"Authorization": f"Bearer {by.token}"} if by else {})
    form = {"operations": json.dumps(operations), "map": json.dumps(places)}
    parts = {name: (f"{name}.bin", content, "application/x-whatever") for name, content in files.items()}
    return await shop.server.http.post("/graphql", data=form, files=parts, headers=sent)


async def upload(shop: Shop, by: Person | None, product_id: str, content: bytes, **others: Any) -> httpx.Response:
    wish = {"productId": product_id, "file": None, **others}
    operation = {"query": ADD, "variables": {"input": wish}}
    return await send(shop, by, operation, {"0": ["variables.input.file"]}, {"0": content})


async def added(shop: Shop, by: Person, product_id: str, content: bytes, **others: Any) -> Any:
    answer = (await upload(shop, by, product_id, content, **others)).json()
    assert "errors" not in answer, answer
    return answer["data"]["addProductImage"]


def stored(shop: Shop) -> list[Path]:
    return [path for path in (shop.server.infra.settings.home / "media").rglob("*") if path.is_file()]


async def test_staff_upload_an_image_and_everybody_sees_it(shop: Shop) -> None:
    staff = await shop.staff()
    product_id = (await shop.offer(staff)).product_id
    before = (await shop.ask(IMAGES, {"id": product_id}))["product"]
    made = await added(shop, staff, product_id, jpeg(600, 300), altText="A square")
    image = made["image"]
    assert made["product"] == {"id": product_id, "version": before["version"] + 1, "images": [{"id": image["id"]}]}
    stem = image["url"].removesuffix(".jpg")
    assert image["url"].startswith(f"{shop.server.url}/media/")
    assert image["small"] == f"{stem}-480.webp"
    assert image["thumbnails"] == [
        {"url": f"{stem}-160.webp", "size": 160, "width": 160, "height": 80},
        {"url": f"{stem}-480.webp", "size": 480, "width": 480, "height": 240},
    ]
    shown = {"url": image["url"], "altText": "A square", "width": 600, "height": 300}
    anybody = (await shop.ask(IMAGES, {"id": product_id}))["product"]
    assert anybody["images"] == [{**shown, "thumbnails": [{"size": 160}, {"size": 480}]}]
    # Where the request came to: no answer that is kept has the address of another.
    for host in ("localhost:1", "127.0.0.1:2", "localhost:1"):
        body = {"query": IMAGES, "variables": {"id": product_id}}
        told = await shop.server.http.post("/graphql", json=body, headers={"Host": host})
        assert told.json()["data"]["product"]["images"][0]["url"].startswith(f"http://{host}/media/")

    second = await added(shop, staff, product_id, png(), version=anybody["version"])
    stale = await added(shop, staff, product_id, png(100, 100), version=anybody["version"])
    assert (stale["__typename"], stale["currentVersion"]) == ("StaleVersion", anybody["version"] + 1)
    changes = {
        "update": {"imageId": second["image"]["id"], "position": 0, "altText": "First now"},
        "remove": {"imageId": image["id"]},
    }
    changed = await shop.ask(CHANGE, changes, staff)
    assert changed["update"]["product"]["images"] == [{"altText": "First now"}, {"altText": "A square"}]
    assert changed["remove"]["product"]["images"] == [{"altText": "First now"}]
    assert changed["remove"]["image"] is None
    gone = await shop.ask(CHANGE, changes, staff)
    assert gone["remove"]["code"] == "NOT_FOUND"


async def test_how_a_file_is_served(shop: Shop) -> None:
    staff = await shop.staff()
    made = await added(shop, staff, (await shop.offer(staff)).product_id, jpeg())
    url, http = made["image"]["url"], shop.server.http
    whole = await http.get(url)
    name = url.rpartition("/")[2]
    assert whole.status_code == 200
    assert {header: whole.headers[header] for header in (
        "content-type", "etag", "cache-control", "x-content-type-options", "accept-ranges", "content-length",
        "cross-origin-resource-policy",
    )} == {
        "content-type": "image/jpeg",
        "etag": f'"{name}"',
        "cache-control": "public, max-age=31536000, immutable",
        "x-content-type-options": "nosniff",
        "accept-ranges": "bytes",
        "content-length": str(len(whole.content)),
        "cross-origin-resource-policy": "cross-origin",
    }  # fmt: skip
    assert "default-src 'none'" in whole.headers["content-security-policy"]
    assert (await http.get(made["image"]["small"])).headers["content-type"] == "image/webp"

    head = await http.head(url)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(whole.content)), b"")
    for tags in (f'"{name}"', f'W/"{name}"', f'"other", "{name}"', "*"):
        again = await http.get(url, headers={"if-none-match": tags})
        assert (again.status_code, again.content) == (304, b"")
    size = len(whole.content)
    for asked, start, end in (("0-9", 0, 10), ("5-", 5, size), ("-7", size - 7, size), ("3-99999999", 3, size)):
        part = await http.get(url, headers={"range": f"bytes={asked}"})
        assert (part.status_code, part.content) == (206, whole.content[start:end])
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
    for ignored in ("bytes=9-3", "bytes=0-1,3-4", "lines=1-2", "bytes=-", "bytes=x"):
        assert (await http.get(url, headers={"range": ignored})).status_code == 200
    other = {"range": "bytes=0-9", "if-range": '"other"'}
    assert (await http.get(url, headers=other)).status_code == 200
    for nothing in (f"bytes={size}-", "bytes=-0"):
        refused = await http.get(url, headers={"range": nothing})
        assert (refused.status_code, refused.headers["content-range"]) == (416, f"bytes */{size}")


@pytest.mark.parametrize(
    "path",
    [
        "/media/",
        "/media/..%2frushcart.db",
        "/media/%2e%2e/rushcart.db",
        "/media//etc/passwd",
        "/media/..%5crushcart.db",
        "/media/" + "0" * 64 + ".jpg",
        "/media/" + "0" * 64 + ".svg",
        "/media/" + "0" * 64 + ".jpg%00",
        "/media/" + "0" * 64 + ".jpg%0a",
        "/media/" + "A" * 64 + ".jpg",
        "/media/" + "0" * 5000,
    ],
)
async def test_no_path_leads_elsewhere(shop: Shop, path: str) -> None:
    reply = await shop.server.http.get(path)
    assert (reply.status_code, reply.headers["content-type"]) == (404, "application/json")
    assert (await shop.server.http.post("/media/" + "0" * 64 + ".jpg")).status_code == 405


async def test_only_staff_upload_and_no_page_of_another_site(shop: Shop) -> None:
    staff, ada = await shop.staff(), await shop.customer()
    product_id = (await shop.offer(staff)).product_id
    for by, status, code in ((None, 401, "UNAUTHENTICATED"), (ada, 403, "FORBIDDEN")):
        reply = await upload(shop, by, product_id, jpeg())
        assert (reply.status_code, reply.json()["errors"][0]["extensions"]["code"]) == (status, code)
    wish = {"productId": product_id, "file": None}
    operation = {"query": ADD, "variables": {"input": wish}}
    place = {"0": ["variables.input.file"]}
    forged = await send(shop, staff, operation, place, {"0": jpeg()}, headers={"Origin": "https://evil.test"})
    assert (forged.status_code, forged.json()["errors"][0]["extensions"]["code"]) == (403, "CSRF")
    assert stored(shop) == []
    assert (await shop.ask(IMAGES, {"id": product_id}))["product"]["images"] == []
    for header in ("X-Requested-With", "Apollo-Require-Preflight"):
        reply = await send(shop, staff, operation, place, {"0": jpeg()}, headers={header: "x"})
        assert reply.json()["data"]["addProductImage"]["__typename"] == "ProductImagePayload"


async def test_what_is_wrong_is_named_by_its_field(shop: Shop) -> None:
    staff = await shop.staff()
    product_id = (await shop.offer(staff)).product_id
    for content in (b"", b"<svg onload='alert(1)'/>", jpeg()[:200], b"GIF89a", b"\xff\xd8\xff" + bytes(5000)):
        refused = await added(shop, staff, product_id, content)
        assert (refused["code"], refused["fields"][0]["path"]) == ("INVALID_INPUT", ["input", "file"])
    for alt_text in ("x" * 513, "a\0b", "two\nlines"):
        refused = await added(shop, staff, product_id, jpeg(), altText=alt_text)
        assert refused["fields"][0]["path"] == ["input", "altText"]
    refused = await added(shop, staff, "nonsense", jpeg())
    assert refused["fields"] == [{"path": ["input", "productId"], "message": "is not an id"}]
    unknown = encode_id("Product", UUID(int=7))
    assert (await added(shop, staff, unknown, jpeg()))["code"] == "NOT_FOUND"
    values: tuple[object, ...] = ("text", 5, {"a": 1}, [], True)
    for value in values:
        variables = {"input": {"productId": product_id, "file": value}}
        answer = await shop.server.graphql(ADD, variables, staff.token)
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    literal = f'mutation {{ addProductImage(input: {{productId: "{product_id}", file: "x"}}) {{ __typename }} }}'
    assert "Upload" in (await shop.server.graphql(literal, token=staff.token))["errors"][0]["message"]
    assert stored(shop) == []
    for size in (0, -1, 10_001):
        query = f'{{ product(id: "{product_id}") {{ images {{ url(size: {size}) }} }} }}'
        assert (await shop.server.graphql(query))["data"] == {"product": {"images": []}}


async def test_several_files_in_one_operation_and_in_a_batch(shop: Shop) -> None:
    staff = await shop.staff()
    product_id = (await shop.offer(staff)).product_id
    query = """mutation ($a: AddProductImageInput!, $b: AddProductImageInput!) {
      a: addProductImage(input: $a) { ... on ProductImagePayload { image { height } } }
      b: addProductImage(input: $b) { ... on ProductImagePayload { image { height } } } }"""
    wish = {"productId": product_id, "file": None}
    both = {"query": query, "variables": {"a": wish, "b": wish}}
    files = {"x": jpeg(200, 10), "y": png(200, 20)}
    places = {"x": ["variables.a.file"], "y": ["variables.b.file"]}
    answer = (await send(shop, staff, both, places, files)).json()
    assert answer == {"data": {"a": {"image": {"height": 10}}, "b": {"image": {"height": 20}}}}
    batch = [{"query": ADD, "variables": {"input": wish}}] * 2
    places = {"x": ["0.variables.input.file"], "y": ["1.variables.input.file"]}
    answers = (await send(shop, staff, batch, places, {"x": jpeg(200, 30), "y": png(200, 40)})).json()
    assert sorted(one["data"]["addProductImage"]["image"]["height"] for one in answers) == [30, 40]
    shown = (await shop.ask(IMAGES, {"id": product_id}))["product"]["images"]
    assert sorted(image["height"] for image in shown) == [10, 20, 30, 40]


async def test_what_is_too_large_is_refused_while_it_comes(shop: Shop) -> None:
    staff = await shop.staff()
    product_id = (await shop.offer(staff)).product_id
    head = b'--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n'
    auth = {
        "Authorization": f"Bearer {staff.token}",
        "content-type": "multipart/form-data; boundary=x",
        **PREFLIGHT,
    }

    async def endless() -> AsyncIterator[bytes]:
        yield head
        for _ in range(10_000):
            yield bytes(64 * 1024)

    for reply in (
        await upload(shop, staff, product_id, jpeg() + bytes(LARGEST)),
        await shop.server.http.post("/graphql", content=endless(), headers=auth),
    ):
        assert (reply.status_code, reply.json()["errors"][0]["extensions"]["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert stored(shop) == []


async def test_bodies_that_are_no_forms_do_no_harm(shop: Shop) -> None:
    staff = await shop.staff()
    auth = {"Authorization": f"Bearer {staff.token}", **PREFLIGHT}
    operations = json.dumps({"query": "{ me { id } }", "variables": {"a": None}}).encode()
    part = b'--x\r\ncontent-disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    for content_type, body in (
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"--x--"),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"a: b\r\n" * 10_000),
        ("multipart/form-data; boundary=x", part % (b"operations", operations) + b"--x--"),
        ("multipart/form-data; boundary=x", part % (b"operations", b"[" * 100_000) + b"--x--"),
        ("multipart/form-data; boundary=x", part % (b"a\xff\r\n", operations) + b"--x--"),
        ("multipart/form-data; boundary=x", b"--x\r\ncontent-disposition: form-data; name*=utf-8''map\r\n\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\ncontent-transfer-encoding: base64\r\n\r\n"),
        ("multipart/form-data; boundary=\xff", b"--\xff--"),
        ("multipart/form-data; boundary=x; charset=utf-7", part % (b"operations", b"+AHs-") + b"--x--"),
        ("multipart/mixed; boundary=x", b"--x--"),
    ):
        headers = [*auth.items(), ("content-type", content_type.encode("latin-1"))]
        reply = await shop.server.http.post("/graphql", content=body, headers=headers)  # type: ignore[arg-type]
        assert_clean(reply)
        assert reply.status_code in (400, 415), (content_type, body[:50], reply.text)
