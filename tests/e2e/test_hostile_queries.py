"""Bad arguments of queries, and documents that mean harm."""

from base64 import urlsafe_b64encode
from typing import Any
from uuid import UUID

import orjson
import pytest

from resolvers.shared.limits import MAX_BATCH
from resolvers.shared.node import encode_id
from tests.e2e.hostile import Ground
from tests.e2e.shop import PLACE, Shop, new_key
from tests.modes import ONE_MODE
from tests.server import Server

pytestmark = [ONE_MODE, pytest.mark.usefixtures("worker")]

Refusal = tuple[str, str, list[str] | None]
LISTS = {
    "products": "query ($first: Int, $after: String, $last: Int, $before: String) "
    "{ products(first: $first, after: $after, last: $last, before: $before) { edges { cursor } } }",
    "orders": "query ($first: Int, $after: String, $last: Int, $before: String) "
    "{ me { orders(first: $first, after: $after, last: $last, before: $before) { edges { cursor } } } }",
    "flashSales": "query ($first: Int, $after: String, $last: Int, $before: String) "
    "{ flashSales(first: $first, after: $after, last: $last, before: $before) { edges { cursor } } }",
}
KEY = str(UUID(int=5))
SOME_TIME = "2030-01-01T00:00:00Z"


def cursor(*values: Any) -> str:
    return urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


WRONG_SIZES: tuple[object, ...] = (2**31, 1.5, "1", True, [])
WRONG_IDS: tuple[object, ...] = (1.5, True, None, [], {})
MALFORMED_IDS: tuple[object, ...] = ("", "x", "💥", "\0", "x" * 201, "../../etc/passwd", "bnVsbA", 5)
PLACES: tuple[object, ...] = (5, None, "x", [], {}, "0" * 33)
BAD_CURSORS: list[str] = [
    *("x", "5", "💥", "\0", "A" * 2001, "A" * 60_000, "bnVsbA", "W10", "e30", "____"),
    *(cursor(), cursor(1), cursor(2, "orders", KEY), cursor(1, "else", KEY), cursor({}), cursor([[[]]])),
    *(cursor(1, name) for name in ("orders", "flashSales", "products.NEWEST")),
    *(cursor(1, "orders", value) for value in PLACES),
    *(cursor(1, "products.NEWEST", value) for value in (5, None, "x")),
    *(cursor(1, "flashSales", value, KEY) for value in (5, None, "x", "2030-02-30T00:00:00Z")),
    *(cursor(1, "flashSales", "0001-01-01T00:00:00+14:00", KEY), cursor(1, "flashSales", SOME_TIME, "x")),
    *(cursor(1, "flashSales", SOME_TIME, KEY, KEY), cursor(1, "orders", KEY, KEY)),
    *(cursor(1, "products.PRICE_ASC", value, KEY) for value in (2**63, 1.5, True, "5")),
    urlsafe_b64encode(b"[" * 1400).decode(),
    urlsafe_b64encode(b'[1,"orders","\xff\xfe"]').decode(),
    urlsafe_b64encode(b'[1,"orders","\\ud800"]').decode(),
]


@pytest.fixture
async def ground(server: Server) -> Ground:
    return await Ground.make(Shop(server))


async def refused(ground: Ground, query: str, given: list[dict[str, Any]]) -> list[Refusal]:
    """The one error of each: code, message and path."""
    found = []
    for start in range(0, len(given), MAX_BATCH):
        bodies = [{"query": query, "variables": variables} for variables in given[start : start + MAX_BATCH]]
        for answer in (await ground.post(bodies, ground.ada)).json():
            [error] = answer["errors"]
            found.append((error["extensions"]["code"], error["message"], error.get("path")))
    return found


async def test_cursors_that_are_none(ground: Ground) -> None:
    for name, query in LISTS.items():
        path = ["me", "orders"] if name == "orders" else [name]
        for argument in ("after", "before"):
            shown = await refused(ground, query, [{argument: text} for text in BAD_CURSORS])
            message = f"{argument}: is not a cursor of this list"
            assert shown == [("BAD_USER_INPUT", message, path)] * len(BAD_CURSORS)
    await ground.assert_untouched()


async def test_cursors_from_elsewhere_show_an_empty_page(ground: Ground) -> None:
    for query, after in (
        (LISTS["orders"], cursor(1, "orders", str(UUID(int=0)))),
        (LISTS["products"], cursor(1, "products.NEWEST", str(UUID(int=0)))),
        (LISTS["flashSales"], cursor(1, "flashSales", "0001-01-01T00:00:00Z", KEY)),
    ):
        data = await ground.shop.ask(query, {"after": after}, ground.ada)
        [connection] = (data.get("me") or data).values()
        assert connection == {"edges": []}
    sorted_by = (
        "query ($sort: ProductSort, $after: String) { products(sort: $sort, after: $after) { totalCount } }"
    )
    for sort, value in (("TITLE", "a\0"), ("TITLE", "'" * 1000), ("PRICE_ASC", 2**63 - 1), ("RELEVANCE", -1)):
        wish = {"sort": sort, "at": cursor(1, f"products.{sort}", value, KEY)}
        assert (await ground.shop.ask(sorted_by, wish))["products"] == {"totalCount": 1}


async def test_page_sizes(ground: Ground) -> None:
    for name, query in LISTS.items():
        path = ["me", "orders"] if name == "orders" else [name]
        for argument in ("first", "last"):
            sizes = [{argument: size} for size in (-1, 101, 10**9, -(2**31))]
            message = f"{argument}: must be between 0 and 100"
            assert await refused(ground, query, sizes) == [("BAD_USER_INPUT", message, path)] * len(sizes)
            shown = await refused(ground, query, [{argument: wrong} for wrong in WRONG_SIZES])
            assert _without_reason(shown) == [("BAD_USER_INPUT", f"Variable '${argument}'")] * len(WRONG_SIZES)
            data = await ground.shop.ask(query, {argument: 0}, ground.ada)
            assert list((data.get("me") or data).values()) == [{"edges": []}]
        message = "last: cannot be used together with first"
        shown = await refused(ground, query, [{"first": 1, "last": 1}])
        assert shown == [("BAD_USER_INPUT", message, path)]


def _without_reason(shown: list[Refusal]) -> list[tuple[str, str]]:
    """Of a variable that does not fit its type: which one."""
    return [(code, message.split(" has ")[0]) for code, message, _ in shown]


async def test_ids(ground: Ground) -> None:
    malformed = [*MALFORMED_IDS, ground.order_id + "\n"]
    for field, kind in {"order": "Order", "flashSale": "FlashSale", "product": "Product", "node": None}.items():
        query = f"query ($id: ID!) {{ {field}(id: $id) {{ __typename }} }}"
        # An optional id that is empty is none.
        bad_ids = [bad for bad in malformed if bad != "" or field != "product"]
        shown = await refused(ground, query, [{"id": bad} for bad in bad_ids])
        assert shown == [("BAD_USER_INPUT", "id: is not an id", [field])] * len(bad_ids)
        shown = await refused(ground, query, [{"id": wrong} for wrong in WRONG_IDS])
        assert _without_reason(shown) == [("BAD_USER_INPUT", "Variable '$id'")] * len(WRONG_IDS)
        unknown = {"id": encode_id(kind or "Unicorn", UUID(int=7))}
        assert await ground.shop.ask(query, unknown, ground.ada) == {field: None}
        if kind is not None:
            [(code, _, path)] = await refused(ground, query, [{"id": ground.ada.id}])
            assert (code, path) == ("BAD_USER_INPUT", [field])
    await ground.assert_untouched()


async def test_filters(ground: Ground) -> None:
    query = "query ($filter: ProductFilter) { products(filter: $filter) { totalCount } }"
    bad: dict[str, list[Any]] = {
        "search": ["x" * 201, "\0", "a\nb"],
        "vendor": ["x" * 201, "\x1b"],
        "tag": ["x" * 201, "\0"],
        "categoryId": ["x", ground.offer.item_id],
        "minPrice": ["-1", "1e13", "0." + "0" * 20 + "1"],
        "maxPrice": ["-0.01", "1e-99"],
    }
    for name, values in bad.items():
        for code, message, path in await refused(ground, query, [{"filter": {name: value}} for value in values]):
            assert code in ("INVALID_INPUT", "BAD_USER_INPUT")
            assert (message.split(":")[0], path) == (f"filter.{name}", ["products"])
    untyped = {"inStock": 1, "minPrice": "NaN", "maxPrice": "1e400", "search": 5, "other": 1}
    shown = await refused(ground, query, [{"filter": {name: value}} for name, value in untyped.items()])
    for name, (code, message, _) in zip(untyped, shown, strict=True):
        assert code == "BAD_USER_INPUT"
        assert name in message
    for text in ("%", "_", "\\", "'; DROP TABLE products; --", '"]', "💥", "مريم"):
        for name in ("search", "vendor", "tag"):
            assert (await ground.shop.ask(query, {"filter": {name: text}}))["products"] == {"totalCount": 0}
    await ground.assert_untouched()


def _place(ground: Ground, alias: str) -> str:
    wish = f'itemId: "{ground.offer.item_id}", quantity: 1, idempotencyKey: "{new_key()}"'
    return f"{alias}: placeFlashOrder(input: {{{wish}}}) {{ __typename }}"


async def test_documents_that_mean_harm_run_nothing(ground: Ground) -> None:
    bomb = "".join(f" fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(30))
    price = 'mutation { createProduct(input: {title: "x", variants: [{sku: "Q", price: %s, currencyCode: "EUR", '
    documents = {
        "mutation {" + " ".join(_place(ground, f"a{n}") for n in range(21)) + "}": "QUERY_TOO_COMPLEX",
        "mutation {" + " ".join(_place(ground, f"a{n}") for n in range(100)) + "}": "QUERY_TOO_COMPLEX",
        "{ ...f0 }" + bomb + " fragment f30 on Query { me { id } }": "QUERY_TOO_COMPLEX",
        "{ me " + "@include(if: true) " * 60 + "{ id } }": "QUERY_TOO_COMPLEX",
        "{ products(first: 100) { edges { node { variants { product { variants { product { variants { product {"
        " variants { sku } } } } } } } } } } }": "QUERY_TOO_COMPLEX",
        "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }": "GRAPHQL_VALIDATION_FAILED",
        "{ me { ...a } } fragment a on User { orders { edges { node { customer { ...a } } } } }": (
            "GRAPHQL_VALIDATION_FAILED"
        ),
        price % "1e400" + "quantity: 1}]}) { __typename } }": "GRAPHQL_VALIDATION_FAILED",
        price % "NaN" + "quantity: 1}]}) { __typename } }": "GRAPHQL_VALIDATION_FAILED",
        price % "1" + "quantity: 99999999999}]}) { __typename } }": "GRAPHQL_VALIDATION_FAILED",
        'mutation { cancelOrder(input: {orderId: "x", idempotencyKey: "\\ud800"}) { __typename } }': (
            "GRAPHQL_PARSE_FAILED"
        ),
        "{ me { id } }\0": "GRAPHQL_PARSE_FAILED",
    }
    for document, code in documents.items():
        reply = await ground.post({"query": document}, ground.staff)
        errors = reply.json()["errors"]
        assert {error["extensions"]["code"] for error in errors} == {code}, document[:200]
        assert "data" not in reply.json()
        if code == "GRAPHQL_VALIDATION_FAILED":
            assert all(error["locations"] for error in errors), document[:200]
        assert len(reply.content) < 20_000
    await ground.assert_untouched()


async def test_too_many_operations_and_orders_by_get_run_nothing(ground: Ground) -> None:
    wish = {"itemId": ground.offer.item_id, "quantity": 1, "idempotencyKey": new_key()}
    order = {"query": PLACE, "variables": {"input": wish}}
    for many in (11, 100):
        reply = await ground.post([order] * many, ground.ada)
        assert (reply.status_code, reply.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")
    parameters = {"query": PLACE, "variables": orjson.dumps(order["variables"]).decode()}
    headers = {"authorization": f"Bearer {ground.ada.token}"}
    reply = await ground.shop.server.http.get("/graphql", params=parameters, headers=headers)
    assert (reply.status_code, reply.headers["allow"]) == (405, "POST")
    for content_type, status, code in (
        ("text/plain", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("application/x-www-form-urlencoded", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("multipart/form-data; boundary=x", 403, "CSRF"),
    ):
        reply = await ground.shop.server.http.post(
            "/graphql", content=orjson.dumps(order), headers={**headers, "content-type": content_type}
        )
        assert (reply.status_code, reply.json()["errors"][0]["extensions"]["code"]) == (status, code)
    await ground.assert_untouched()


async def test_ten_retries_in_one_batch_are_one_order(ground: Ground) -> None:
    wish = {"itemId": ground.offer.item_id, "quantity": 2, "idempotencyKey": new_key()}
    body = {"query": PLACE, "variables": {"input": wish}}
    answers = (await ground.post([body] * 10, ground.staff)).json()
    assert len({answer["data"]["placeFlashOrder"]["id"] for answer in answers}) == 1
    assert (await ground.shop.counts(ground.offer))["remaining"] == 2
