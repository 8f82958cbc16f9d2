"""Bad input to each mutation: a typed or coded error that names the field, and nothing moves."""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import pytest

from resolvers.shared.limits import MAX_BATCH
from resolvers.shared.node import encode_id
from tests.e2e.hostile import Ground, Path, put, written
from tests.e2e.shop import CANCEL, CHANGE, CREATE, LOGIN, PASSWORD, PLACE, REGISTER, SCHEDULE, Person, Shop
from tests.modes import ONE_MODE
from tests.server import Server

pytestmark = pytest.mark.usefixtures("worker")

Case = tuple[Path, Any, str]
UNKNOWN = UUID(int=7)
INPUT, TYPE, THERE = "INVALID_INPUT", "BAD_USER_INPUT", "NOT_FOUND"
NOT_NUMBERS: list[Any] = [2**31, -(2**31) - 1, 10**30, 1.5, "1", True, None, [], {}]
NOT_STRINGS: list[Any] = [5, 1.5, True, None, [], {}]
BAD_KEYS = ["", " ", "k" * 129, "é" * 129, "a\0", "a\nb", " a", "a ", "\u202ea", "\u200b", "\x7f"]
BAD_IDS = ["", "x", "💥", "\0", "x" * 201, "../../etc/passwd", "' OR 1=1 --", "RmxhcQ==", "bnVsbA"]
# An empty one is none.
BAD_OPTIONAL_IDS = [bad for bad in BAD_IDS if bad]
BAD_PRICES = ["", "NaN", "Infinity", "-Infinity", "1e400", "1,5", ".5", "$1", "1" * 50, "١", True, None]
BAD_TIMES = [
    "",
    "now",
    "2030-01-01",
    "2030-01-01T00:00:00",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2030-02-30T00:00:00Z",
    "2030-01-01T24:00:00Z",
    "2030-01-01T00:00:00+25:00",
    1893456000,
    None,
]


@pytest.fixture
async def ground(server: Server) -> Ground:
    return await Ground.make(Shop(server))


def batched(cases: Sequence[Case], size: int) -> Iterator[Sequence[Case]]:
    """Large inputs go alone."""
    small = [case for case in cases if len(json.dumps(case[1])) < 10_000]
    yield from (small[start : start + size] for start in range(0, len(small), size))
    yield from ([case] for case in cases if case not in small)


def each(path: Path, values: list[Any], code: str) -> list[Case]:
    return [(path, value, code) for value in values]


async def try_all(
    ground: Ground, query: str, name: str, good: dict[str, Any], cases: list[Case], by: Person | None
) -> None:
    """Each case alone makes a good input bad, and is answered with its code and its place."""
    for group in batched(cases, MAX_BATCH):
        bodies = [{"query": query, "variables": {"input": put(good, path, value)}} for path, value, _ in group]
        reply = await ground.post(bodies, by)
        assert reply.status_code == 200
        for case, answer in zip(group, reply.json(), strict=True):
            _check(name, case, answer)
    for value, code, status in (("x" * 70_000, TYPE, 400), ("x" * 1_000_000, "PAYLOAD_TOO_LARGE", 413)):
        body = {"query": query, "variables": {"input": put(good, (first := next(iter(good)),), value)}}
        reply = await ground.post(body, by)
        [error] = reply.json()["errors"]
        assert (reply.status_code, error["extensions"]["code"]) == (status, code)
        assert code != TYPE or f"variables.input.{first}" in error["message"]


def _check(name: str, case: Case, answer: dict[str, Any]) -> None:
    path, value, code = case
    shown = f"{path} {str(value)[:80]!r}: {str(answer)[:500]}"
    if "errors" in answer:
        [error] = answer["errors"]
        assert error["extensions"]["code"] == code, shown
        assert written(path) in error["message"], shown
        return
    member = answer["data"][name]
    assert member["code"] == code, shown
    if code == INPUT:
        assert ["input", *map(str, path)] in [field["path"] for field in member["fields"]], shown


async def test_place_flash_order(ground: Ground) -> None:
    good = {"itemId": ground.offer.item_id, "quantity": 1, "idempotencyKey": "k", "addressId": None}
    others = [ground.offer.sale_id, ground.order_id, ground.ada.id]
    cases = [
        *each(("quantity",), [0, -1, 10**9, 2**31 - 1, -(2**31)], INPUT),
        *each(("quantity",), NOT_NUMBERS, TYPE),
        *each(("quantity",), [5], "OUT_OF_STOCK"),
        *each(("idempotencyKey",), BAD_KEYS, INPUT),
        *each(("idempotencyKey",), NOT_STRINGS, TYPE),
        *each(("itemId",), [*BAD_IDS, *others, 5, ground.offer.item_id + "\n"], INPUT),
        *each(("itemId",), [1.5, True, None, [], {}], TYPE),
        *each(("itemId",), [encode_id("FlashSaleItem", UNKNOWN)], THERE),
        *each(("addressId",), [*BAD_OPTIONAL_IDS, *others], INPUT),
        *each(("addressId",), [encode_id("Address", UNKNOWN)], THERE),
    ]
    await try_all(ground, PLACE, "placeFlashOrder", good, cases, ground.ada)
    await ground.assert_untouched()


async def test_cancel_order(ground: Ground) -> None:
    good = {"orderId": ground.order_id, "idempotencyKey": "k", "reason": None}
    others = [ground.offer.item_id, ground.ada.id]
    cases = [
        *each(("orderId",), [*BAD_IDS, *others], INPUT),
        *each(("orderId",), [1.5, True, None, [], {}], TYPE),
        *each(("orderId",), [encode_id("Order", UNKNOWN)], THERE),
        *each(("idempotencyKey",), BAD_KEYS, INPUT),
        *each(("idempotencyKey",), NOT_STRINGS, TYPE),
        *each(("reason",), ["x" * 501, "a\0", "\x1b[31mred", "\x7f"], INPUT),
        *each(("reason",), [5, True, [], {}], TYPE),
    ]
    await try_all(ground, CANCEL, "cancelOrder", good, cases, ground.ada)
    await ground.assert_untouched()


async def test_create_product(ground: Ground) -> None:
    variant = {"sku": "NEW", "price": "1.00", "currencyCode": "EUR", "quantity": 1, "title": None}
    good = {"title": "Cap", "variants": [variant], "slug": None, "tags": [], "categoryId": None, "imageUrls": []}
    good |= {"description": "", "vendor": ""}
    at = ("variants", 0)
    cases = [
        *each(("title",), ["", " ", "x" * 256, "a\0", "a\nb"], INPUT),
        *each(("slug",), ["", "A B", "../x", "é é", "-a", "x" * 201], INPUT),
        *each(("description",), ["\0", "é" * 40_000], INPUT),
        *each(("vendor",), ["\x07", "x" * 256], INPUT),
        *each(("tags",), [["x"] * 51], INPUT),
        *each(("categoryId",), [*BAD_OPTIONAL_IDS, ground.offer.item_id], INPUT),
        *each(("categoryId",), [encode_id("Category", UNKNOWN)], INPUT),
        *each(("imageUrls",), [["https://x.test/1"] * 251], INPUT),
        *each(("variants",), [[], [variant] * 2049], INPUT),
        *each(("variants",), [None, "x"], TYPE),
        *each((*at, "sku"), ["", "a  b", "{a}", "x" * 65, "a\0", "\u202ea"], INPUT),
        *each((*at, "sku"), [ground.offer.sku], "SKU_TAKEN"),
        *each((*at, "price"), ["-1", "-0.01", -5, "0.001", "1e-5", "1e30", 1e12, "10000000000.01"], INPUT),
        *each((*at, "price"), BAD_PRICES, TYPE),
        *each((*at, "currencyCode"), ["", "eur", "XXX", "EURO", "\0"], INPUT),
        *each((*at, "quantity"), [-1, 10**9 + 1], INPUT),
        *each((*at, "quantity"), NOT_NUMBERS, TYPE),
    ]
    for name, values in (("tags", ["", "a\0", "x" * 101]), ("imageUrls", ["javascript:alert(1)", "x", "http://"])):
        for value in values:
            wish = {"input": {**good, name: [value]}}
            member = (await ground.shop.ask(CREATE, wish, ground.staff))["createProduct"]
            assert [field["path"] for field in member["fields"]] == [["input", name, "0"]]
    await try_all(ground, CREATE, "createProduct", good, cases, ground.staff)
    await ground.assert_untouched()


async def test_schedule_flash_sale(ground: Ground) -> None:
    item = {"sku": ground.offer.sku, "price": "1.00", "quantity": 1, "perCustomerLimit": 1}
    window = {"startsAt": "2030-01-01T00:00:00Z", "endsAt": "2030-01-02T00:00:00Z"}
    good: dict[str, Any] = {"name": "Next", **window, "items": [item]}
    at = ("items", 0)
    cases = [
        *each(("name",), ["", " ", "x" * 201, "a\0", "a\nb"], INPUT),
        *each(("startsAt",), BAD_TIMES, TYPE),
        *each(("endsAt",), BAD_TIMES, TYPE),
        *each(("endsAt",), [window["startsAt"], "2029-12-31T23:59:59Z", "2020-01-01T00:00:00Z"], INPUT),
        *each(("endsAt",), ["2031-01-02T00:00:01Z", "9999-12-31T23:59:59Z"], INPUT),
        *each(("items",), [[], [item] * 101, [item] * 3000], INPUT),
        *each(("items",), [None, "x", 5], TYPE),
        *each((*at, "sku"), ["", "nope", "a\0", ground.offer.sku.lower()], THERE),
        *each((*at, "price"), ["-1", "0.001", "1e30"], INPUT),
        *each((*at, "price"), BAD_PRICES, TYPE),
    ]
    for name in ("quantity", "perCustomerLimit"):
        cases += each((*at, name), [0, -1, 10**9, 10_000_001], INPUT)
        cases += each((*at, name), NOT_NUMBERS, TYPE)
    cases += each((*at, "quantity"), [6, 10_000_000], "OUT_OF_STOCK")
    await try_all(ground, SCHEDULE, "scheduleFlashSale", good, cases, ground.staff)
    await ground.assert_untouched()


async def test_change_flash_sale(ground: Ground) -> None:
    """Of a sale that runs: whatever is asked for, nothing comes of it."""
    item = {"sku": ground.offer.sku, "price": "1.00", "quantity": 1, "perCustomerLimit": 1}
    good: dict[str, Any] = {"id": ground.offer.sale_id, "version": 1, "endsAt": None, "items": None}
    cases = [
        *each(("id",), [*BAD_IDS, ground.offer.item_id, ground.ada.id], INPUT),
        *each(("id",), [encode_id("FlashSale", UNKNOWN)], THERE),
        *each(("version",), NOT_NUMBERS, TYPE),
        *each(("endsAt",), ["2020-01-01T00:00:00Z", "9999-12-31T23:59:59Z"], INPUT),
        *each(("endsAt",), [moment for moment in BAD_TIMES if moment is not None], TYPE),
        *each(("items",), [[], [item], [item] * 101], INPUT),
        *each(("items",), ["x", 5, [None]], TYPE),
    ]
    await try_all(ground, CHANGE, "changeFlashSale", good, cases, ground.staff)
    await ground.assert_untouched()


@ONE_MODE
async def test_an_answer_about_many_items_stays_small(ground: Ground) -> None:
    item = {"sku": "x", "price": "1", "quantity": 0, "perCustomerLimit": 0}
    wish = {"name": "", "startsAt": "2030-01-01T00:00:00Z", "endsAt": "2029-01-01T00:00:00Z"}
    for many in (3_000, 10_000):
        reply = await ground.post({"query": SCHEDULE, "variables": {"input": {**wish, "items": [item] * many}}})
        assert len(reply.content) < 300
    body = {"query": SCHEDULE, "variables": {"input": {**wish, "items": [item] * 3_000}}}
    assert len((await ground.post(body, ground.staff)).content) < 64 * 1024
    await ground.assert_untouched()


@ONE_MODE
async def test_register_and_login(ground: Ground) -> None:
    good = {"email": "new@example.com", "password": PASSWORD, "displayName": "New"}
    emails = [
        "",
        "a",
        "@",
        "a@b",
        "a@b..c",
        "a b@c.example",
        "a\0@b.example",
        "a@b.example\n",
        "\u202ea@b.example",
    ]
    cases = [
        *each(("email",), [*emails[:7], *emails[8:], "x" * 255 + "@b.example", "a@b.exampl\u200be"], INPUT),
        *each(("email",), NOT_STRINGS, TYPE),
        *each(("password",), ["", "1234567", "x" * 1025], INPUT),
        *each(("password",), NOT_STRINGS, TYPE),
        *each(("displayName",), ["", " ", "x" * 101, "a\0", "a\nb", "\u202eevil", "\u200d", "\x1b[31m"], INPUT),
        *each(("displayName",), NOT_STRINGS, TYPE),
    ]
    await try_all(ground, REGISTER, "register", good, cases, None)
    login = {"email": "new@example.com", "password": PASSWORD}
    strangers = each(("email",), emails, "INVALID_CREDENTIALS")
    strangers += each(("password",), ["", "\0", "x" * 5000], "INVALID_CREDENTIALS")
    await try_all(ground, LOGIN, "login", login, [*strangers, *each(("email",), NOT_STRINGS, TYPE)], None)
    # None of all this has opened an account.
    assert (await ground.shop.ask(REGISTER, {"input": good}))["register"]["__typename"] == "Session"
    await ground.assert_untouched()


@ONE_MODE
async def test_a_refused_input_is_not_repeated(ground: Ground) -> None:
    given = {"email": "new@example.com", "password": "hush-hush"}
    for wrong in ({**given, "other": 1}, [given], "hush-hush"):
        reply = await ground.post({"query": LOGIN, "variables": {"input": wrong}})
        [error] = reply.json()["errors"]
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}
        assert error["message"].startswith("Variable '$input' has invalid value: ")
        assert "hush" not in reply.text


async def test_names_of_all_the_world_are_kept_as_they_are(server: Server) -> None:
    shop = Shop(server)
    staff = await shop.staff()
    names = ("مريم", "שרה", "李小龙", "😀", "👨‍👩‍👧‍👦", "علی‌رضا", "O'Brien; DROP TABLE users", "<b>Ada</b>", "Zoë")
    for number, name in enumerate(names):
        given = {"email": f"n{number}@example.com", "password": "😀" * 8, "displayName": f" {name} "}
        session = (await shop.ask(REGISTER, {"input": given}))["register"]
        assert session["user"]["displayName"] == name
        variant = {"sku": f"N-{number}", "price": "1", "currencyCode": "EUR", "quantity": 1}
        product = {"title": name, "vendor": name, "tags": [name], "description": name, "variants": [variant]}
        made = (await shop.ask(CREATE, {"input": product}, staff))["createProduct"]
        shown = "query One($id: ID) { product(id: $id) { title vendor tags description } }"
        assert (await shop.ask(shown, {"id": made["id"]}))["product"] == {
            "title": name,
            "vendor": name,
            "tags": [name],
            "description": name,
        }
        item = {"sku": f"N-{number}", "price": "1", "quantity": 1, "perCustomerLimit": 1}
        sale = {"name": name, "startsAt": "9999-01-01T00:00:00Z", "endsAt": "9999-12-31T23:59:59.999999Z"}
        scheduled = (await shop.ask(SCHEDULE, {"input": {**sale, "items": [item]}}, staff))["scheduleFlashSale"]
        assert (scheduled["name"], scheduled["status"]) == (name, "SCHEDULED")
