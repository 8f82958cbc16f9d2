"""Imports and exports as staff use them: a file is sent, a worker does it, another is fetched by its link."""

from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from models.enums import Scope
from tests.e2e.shop import Person, Shop, new_key
from tests.e2e.test_media import send
from tests.e2e.test_nodes import machine
from tests.modes import ONE_MODE
from tests.waiting import until

pytestmark = [ONE_MODE, pytest.mark.usefixtures("worker")]

JOB: Final = """__typename
... on Job {
  id kind state progress { done total } problemCount problems { line column message }
  counts { created updated unchanged leftOut } file { url expiresAt bytes } finishedAt
}
... on Error { code } ... on InvalidInput { fields { path } }"""
LOOK: Final = f"query ($id: ID!) {{ node(id: $id) {{ {JOB.partition('... on Error')[0]} }} }}"
FILE: Final = b"Handle,Title,Variant SKU,Variant Price,Variant Inventory Qty\na,A,SKU-A,9.90,1\nb,B,SKU-B,%s,1\n"


def start(name: str) -> str:
    kind = f"{name[0].upper()}{name[1:]}Input"
    return f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {JOB} }} }}"


async def sent(shop: Shop, by: Person | None, name: str, content: bytes, **given: Any) -> Any:
    wish = {"file": None, "idempotencyKey": new_key()} | given
    operation = {"query": start(name), "variables": {"input": wish}}
    answer = (await send(shop, by, operation, {"0": ["variables.input.file"]}, {"0": content})).json()
    return answer["data"][name] if "data" in answer else answer["errors"][0]["extensions"]["code"]


async def ended(shop: Shop, by: Person, job: Any) -> Any:
    async def look() -> Any:
        return (await shop.ask(LOOK, {"id": job["id"]}, by))["node"]

    return await until(look, lambda seen: seen["finishedAt"] is not None)


async def test_a_file_is_brought_in_and_another_fetched(shop: Shop) -> None:
    staff, eve = await shop.staff(), await shop.customer("Eve")
    eur = {"currencyCode": "EUR"}
    bad = await ended(shop, staff, await sent(shop, staff, "startProductImport", FILE % b"cheap", **eur))
    assert (bad["state"], bad["problemCount"], bad["counts"], bad["file"]) == ("FAILED", 1, None, None)
    assert (bad["problems"][0]["line"], bad["problems"][0]["column"]) == (3, "Variant Price")
    made = await ended(shop, staff, await sent(shop, staff, "startProductImport", FILE % b"5.00", **eur))
    assert (made["kind"], made["state"], made["progress"]) == ("PRODUCT_IMPORT", "DONE", {"done": 2, "total": 2})
    assert made["counts"] == {"created": 2, "updated": 0, "unchanged": 0, "leftOut": 0}
    stock = b"Handle,SKU,Location,On hand\na,SKU-A,Main,7\n"
    counted = await ended(shop, staff, await sent(shop, staff, "startStockImport", stock))
    assert (counted["state"], counted["counts"]["updated"]) == ("DONE", 1)

    wrong = await sent(shop, staff, "startProductImport", FILE, currencyCode="euro")
    assert wrong["fields"] == [{"path": ["input", "currencyCode"]}]
    wrong = await sent(shop, staff, "startProductImport", b"", **eur)
    assert wrong["fields"] == [{"path": ["input", "file"]}]
    named = [{"location": "", "code": "MAIN"}]
    wrong = await sent(shop, staff, "startStockImport", stock, warehouses=named)
    assert wrong["fields"] == [{"path": ["input", "warehouses", "0", "location"]}]
    assert await sent(shop, eve, "startProductImport", FILE, **eur) == "FORBIDDEN"

    asked = {"input": {"idempotencyKey": new_key(), "status": ["PUBLISHED"]}}
    job = (await shop.ask(start("startProductExport"), asked, staff))["startProductExport"]
    again = (await shop.ask(start("startProductExport"), asked, staff))["startProductExport"]
    assert again["id"] == job["id"]
    done = await ended(shop, staff, job)
    link = done["file"]["url"]
    assert link.startswith(shop.server.url)
    reply = await shop.server.http.get(link)
    assert (reply.status_code, reply.headers["cache-control"]) == (200, "private, no-store")
    assert reply.headers["content-disposition"].startswith('attachment; filename="product-export-')
    assert (len(reply.content), reply.text.count("\r\n")) == (done["file"]["bytes"], 3)
    head = await shop.server.http.head(link)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(reply.content)))
    path = urlsplit(link).path
    for other in (
        path,
        link[:-1],
        link + "0",
        link.replace("expires=", "expires=1"),
        path.replace("/jobs/", "/jobs/x"),
    ):
        assert (await shop.server.http.get(other)).status_code == 404

    look = "{ jobs { edges { node { kind } } } }"
    for scope, seen in ((Scope.STOCK_WRITE, 1), (Scope.CATALOG_READ, 1), (Scope.CATALOG_WRITE, 3)):
        found = await shop.server.graphql(look, token=await machine(shop, scope))
        assert len(found["data"]["jobs"]["edges"]) == seen
    narrowed = "{ jobs(kind: [PRODUCT_IMPORT], state: [DONE], first: 1) { edges { node { id } } } }"
    edges = (await shop.ask(narrowed, by=staff))["jobs"]["edges"]
    assert edges == [{"node": {"id": made["id"]}}]
    assert (await shop.ask(LOOK, {"id": job["id"]}, eve))["node"] is None
    cancel = start("cancelJob")
    stayed = (await shop.ask(cancel, {"input": {"id": job["id"]}}, staff))["cancelJob"]
    assert stayed["state"] == "DONE"
    other = await shop.server.graphql(cancel, {"input": {"id": job["id"]}}, await machine(shop, Scope.ORDERS_READ))
    assert other["data"]["cancelJob"]["code"] == "NOT_FOUND"

    offer = await shop.offer(staff)
    order = await shop.place(eve, offer.item_id)
    await shop.order_becomes(eve, order["id"], "AWAITING_PAYMENT")
    for wanted, lines in (({"email": eve.email.upper()}, 2), ({"tag": "none"}, 1)):
        given = {"input": {"idempotencyKey": new_key(), "filter": wanted}}
        job = (await shop.ask(start("startOrderExport"), given, staff))["startOrderExport"]
        done = await ended(shop, staff, job)
        assert done["progress"] == {"done": lines - 1, "total": lines - 1}
        text = (await shop.server.http.get(done["file"]["url"])).text
        assert (text.count("\r\n"), order["number"] in text) == (lines, lines == 2)
