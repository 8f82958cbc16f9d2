"""The shop of a sale. Made over HTTP and by rows as the tables are, so that it fits builds of other schemas."""

import asyncio
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import MetaData, Table, insert, make_url, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from benchmarks.processes import ProcessFailed
from benchmarks.sale.job import PASSWORD, By, email_of
from infra.ids import new_id
from settings import Settings

MANY: Final = 60
_ITEMS: Final = 10
"""Of a sale."""
_PLENTY: Final = 1_000_000
_TRIES: Final = 10
"""A busy machine's stores may be too slow for one change."""
_CHUNK: Final = 500
_STAFF: Final = "staff@example.com"
_REGISTER: Final = (
    "mutation ($input: RegisterInput!) { register(input: $input) { __typename ... on Error { message } } }"
)
_LOGIN: Final = "mutation ($input: LoginInput!) { login(input: $input) { ... on Session { accessToken } } }"
_PRODUCT: Final = (
    "mutation ($input: CreateProductInput!) { createProduct(input: $input) "
    "{ __typename ... on Product { variants { id } } ... on Error { message } } }"
)
_SALE: Final = (
    "mutation ($input: ScheduleFlashSaleInput!) { scheduleFlashSale(input: $input) "
    "{ __typename ... on FlashSale { items { id } } ... on Error { message } } }"
)


async def make_database(settings: Settings, name: str) -> str:
    """Make a database beside the one of the settings; returns its URL."""
    await _on_server(settings, f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    return make_url(settings.database_dsn).set(database=name).render_as_string(hide_password=False)


async def drop_database(settings: Settings, name: str) -> None:
    await _on_server(settings, f"DROP DATABASE IF EXISTS {name}")


async def _on_server(settings: Settings, statement: str) -> None:
    engine = create_async_engine(settings.database_dsn)
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


def fill(port: int, dsn: str, shoppers: int, by: By, count: int) -> list[str]:
    """Make accounts and goods; returns the global ids of so many sale items or variants. Errors: ProcessFailed."""
    _ask(port, _REGISTER, {"email": email_of(0), "password": PASSWORD, "displayName": "Shopper"})
    asyncio.run(_copy_account(dsn, shoppers))
    token = _ask(port, _LOGIN, {"email": _STAFF, "password": PASSWORD})["accessToken"]
    variants = [_ask(port, _PRODUCT, _product(number), token)["variants"][0]["id"] for number in range(count)]
    if by == "cart":
        return variants
    sales = [_ask(port, _SALE, _sale(numbers), token) for numbers in _parts(range(count))]
    return [item["id"] for sale in sales for item in sale["items"]]


def _parts(numbers: range) -> Iterator[range]:
    for start in range(0, len(numbers), _ITEMS):
        yield numbers[start : start + _ITEMS]


def _product(number: int) -> dict[str, Any]:
    variant = {"sku": f"BENCH-{number}", "price": "19.90", "currencyCode": "EUR", "quantity": _PLENTY}
    return {"title": f"Benchmark {number}", "variants": [variant]}


def _sale(numbers: range) -> dict[str, Any]:
    begin = datetime.now(UTC) - timedelta(minutes=1)
    items = [
        {"sku": f"BENCH-{number}", "price": "9.90", "quantity": _PLENTY, "perCustomerLimit": _PLENTY}
        for number in numbers
    ]
    ends = begin + timedelta(hours=2)
    return {"name": "Benchmark", "startsAt": begin.isoformat(), "endsAt": ends.isoformat(), "items": items}


def _ask(port: int, document: str, wish: dict[str, Any], token: str | None = None) -> dict[str, Any]:
    for _ in range(_TRIES):
        told = _send(port, document, wish, token)
        [answer] = (orjson.loads(told).get("data") or {"": None}).values()
        if answer and "message" not in answer:
            return dict(answer)
        time.sleep(1)
    raise ProcessFailed(f"the shop could not be filled: {told[:300]!r}")


def _send(port: int, document: str, wish: dict[str, Any], token: str | None = None) -> bytes:
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    body = orjson.dumps({"query": document, "variables": {"input": wish}})
    request = urllib.request.Request(f"http://127.0.0.1:{port}/graphql", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            answer: bytes = reply.read()
            return answer
    except OSError as error:
        raise ProcessFailed(f"the shop could not be filled: {error}") from error


async def _copy_account(dsn: str, shoppers: int) -> None:
    """Of the first shopper, for all others and for staff: to hash a password for each would take minutes."""
    engine = create_async_engine(dsn)
    async with engine.begin() as connection:
        users = await connection.run_sync(lambda sync: Table("users", MetaData(), autoload_with=sync))
        for rows in _chunks(await _first(connection, users), shoppers):
            await connection.execute(insert(users), rows)
    await engine.dispose()


async def _first(connection: AsyncConnection, users: Table) -> dict[str, Any]:
    found = await connection.execute(select(users).where(users.c.email == email_of(0)))
    return dict(found.mappings().one())


def _chunks(first: dict[str, Any], shoppers: int) -> Iterator[list[dict[str, Any]]]:
    copies = [first | {"id": new_id().bytes, "email": email_of(number)} for number in range(1, shoppers)]
    # MySQL tells that it is JSON, MariaDB that it is a text.
    roles: list[str] | str = ["CUSTOMER", "STAFF"]
    if isinstance(first["roles"], str):
        roles = orjson.dumps(roles).decode()
    copies.append(first | {"id": new_id().bytes, "email": _STAFF, "roles": roles})
    for start in range(0, len(copies), _CHUNK):
        yield copies[start : start + _CHUNK]
