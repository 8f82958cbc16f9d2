"""Too much is refused with a time to come back; front ends on other hosts are let in by name only."""

import json
from ipaddress import ip_network
from typing import Any

import pytest
from pydantic import SecretStr

from settings import Settings
from settings.sign_in import OidcProvider
from tests.e2e.shop import Shop
from tests.live import greeted, socket
from tests.modes import ONE_MODE
from tests.server import Server, serve

pytestmark = ONE_MODE

LOGIN = "mutation ($email: String!, $password: String!) { login(input: {email: $email, password: $password}) {"
LOGIN += " __typename ... on Session { accessToken } } }"
REGISTER = """mutation ($email: String!) { register(input: {email: $email, password: "a-long-password-7",
  displayName: "Ada"}) { __typename ... on Error { code } } }"""
PASSWORD = "a-long-password-7"


async def test_wrong_passwords_slow_down_and_the_right_one_clears(server: Server) -> None:
    await server.graphql(REGISTER, {"email": "ada@example.org"})
    wrong = {"email": "ADA@example.org", "password": "wrong-password"}
    for _ in range(4):
        answer = await server.graphql(LOGIN, wrong)
        assert answer["data"]["login"]["__typename"] == "InvalidCredentials"
    right = await server.graphql(LOGIN, {"email": "ada@example.org", "password": PASSWORD})
    assert right["data"]["login"]["__typename"] == "Session"
    for _ in range(5):
        answer = await server.graphql(LOGIN, wrong)
        assert answer["data"]["login"]["__typename"] == "InvalidCredentials"
    [error] = (await server.graphql(LOGIN, wrong))["errors"]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert 1 <= error["extensions"]["retryAfter"] <= 30
    # The right password from there has to wait, too; another account does not.
    locked = await server.graphql(LOGIN, {"email": "ada@example.org", "password": PASSWORD})
    assert locked["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    other = await server.graphql(LOGIN, {"email": "eve@example.org", "password": "wrong-password"})
    assert other["data"]["login"]["__typename"] == "InvalidCredentials"


@pytest.fixture
async def strict(settings: Settings) -> Settings:
    limits = {"addressCost": "400/60s", "register": "1/3600s", "accountCost": "400/60s"}
    proxies = (ip_network("127.0.0.0/8"),)
    return settings.model_copy(
        update={"rate_limits": limits, "trusted_proxies": proxies, "cors_origins": ("https://shop.example",)}
    )


async def test_an_address_is_counted_behind_a_trusted_proxy(strict: Settings) -> None:
    async with serve(strict) as server:
        statuses = []
        for _ in range(8):
            reply = await server.http.post(
                "/graphql", json={"query": "{ __typename }"}, headers={"X-Forwarded-For": "198.51.100.7"}
            )
            statuses.append(reply.status_code)
        # One of the allowance of this process, and four.
        assert statuses == [200] * 5 + [429] * 3
        assert 1 <= int(reply.headers["retry-after"]) <= 15
        [error] = reply.json()["errors"]
        assert error["extensions"] == {"code": "RATE_LIMITED", "retryAfter": int(reply.headers["retry-after"])}
        other = await server.http.post(
            "/graphql", json={"query": "{ __typename }"}, headers={"X-Forwarded-For": "198.51.100.8"}
        )
        assert other.status_code == 200


async def test_a_batch_is_counted_by_its_operations_and_a_new_document_by_its_size(strict: Settings) -> None:
    changes = {"rate_limits": {"addressCost": "800/6000s"}}
    async with serve(strict.model_copy(update=changes)) as server:

        async def ask(host: int, body: object) -> Any:
            return await server.http.post("/graphql", json=body, headers={"X-Forwarded-For": f"198.51.100.{host}"})

        batch = [{"query": "{ __typename }"}] * 5
        # Of eight and two free: one and four, and one; the next four are too many.
        assert [(await ask(30, batch)).status_code for _ in range(2)] == [200, 429]
        # 120 tokens and as many again are six each beside the request itself; known by then, nothing.
        size = {"query": "{ me { " + "id " * 114 + "} }"}
        assert [(await ask(31, size)).status_code for _ in range(2)] == [200, 200]
        other = {"query": "query B { me { " + "id " * 112 + "} }"}
        refused = await ask(31, other)
        assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (429, "RATE_LIMITED")
        assert int(refused.headers["retry-after"]) > 0
        # In a batch it is that document's own refusal.
        both = (await ask(32, [size, other])).json()
        assert [list(one) for one in both] == [["data"], ["data"]]
        both = (await ask(32, [size, {"query": other["query"].replace("B", "C")}])).json()
        assert [list(one) for one in both] == [["data"], ["errors"]]


async def test_a_budget_is_spent_by_cost_and_told_to_who_asks(strict: Settings) -> None:
    async with serve(strict.model_copy(update={"rate_limits": {"addressCost": "2000/86400s"}})) as server:
        page = "query ($n: Int) { products(first: $n) { edges { node { id title slug } } } }"

        async def ask(host: int, size: int, told: str = "1") -> Any:
            headers = {"X-Forwarded-For": f"198.51.100.{host}", "GraphQL-Cost": told}
            return await server.http.post(
                "/graphql", json={"query": page, "variables": {"n": size}}, headers=headers
            )

        # Each row is an edge, a node and three fields. The document is new once, and costs a request more.
        first = (await ask(40, 100)).json()["extensions"]["cost"]
        assert first == {"cost": 501, "budget": 1, "left": 2000 - 501 - 100}
        # A small one costs a request.
        assert (await ask(40, 1)).json()["extensions"]["cost"] == {"cost": 100, "budget": 1, "left": 1299}
        assert [(await ask(40, 100)).status_code for _ in range(3)] == [200, 200, 429]
        # Nobody else is told, and pages of others cost this one nothing.
        assert "extensions" not in (await ask(41, 100, "0")).json()
        batch = [{"query": page, "variables": {"n": size}} for size in (1, 100)]
        headers = {"X-Forwarded-For": "198.51.100.42", "GraphQL-Cost": "1"}
        both = (await server.http.post("/graphql", json=batch, headers=headers)).json()
        assert [one["extensions"]["cost"]["cost"] for one in both] == [100, 501]
        # This machine's own are not counted.
        own = await server.http.post("/graphql", json=batch[0], headers={"GraphQL-Cost": "1"})
        assert own.json()["extensions"]["cost"] == {"cost": 100, "budget": None, "left": None}


async def test_an_account_has_a_budget_of_its_own(strict: Settings) -> None:
    async with serve(strict.model_copy(update={"rate_limits": {"accountCost": "1000/86400s"}})) as server:
        shop = Shop(server)
        ada, eve = await shop.customer("Ada"), await shop.customer("Eve")
        page = "{ products(first: 100) { edges { node { id title slug } } } }"
        headers = [{"Authorization": f"Bearer {who.token}", "GraphQL-Cost": "1"} for who in (ada, eve)]
        answers = [
            await server.http.post("/graphql", json={"query": page}, headers=headers[place]) for place in (0, 0, 1)
        ]
        assert [answer.status_code for answer in answers] == [200, 429, 200]
        assert [answers[place].json()["extensions"]["cost"]["left"] for place in (0, 2)] == [499, 499]


async def test_the_first_result_of_a_stream_tells_the_cost(strict: Settings) -> None:
    async with serve(strict.model_copy(update={"rate_limits": {"accountCost": "9000/86400s"}})) as server:
        shop = Shop(server)
        ada, offer = await shop.customer("Ada"), await shop.offer(await shop.staff())
        left = "subscription Left($id: ID!) { flashSaleRemaining(itemId: $id) { remaining } }"
        of_item = {"id": offer.item_id}
        headers = {"Authorization": f"Bearer {ada.token}", "Accept": "text/event-stream", "GraphQL-Cost": "1"}
        body = {"query": left, "variables": of_item}
        async with server.http.stream("POST", "/graphql", json=body, headers=headers) as response:
            line = await anext(line async for line in response.aiter_lines() if line.startswith("data: {"))
        first = json.loads(line.removeprefix("data: "))["extensions"]["cost"]
        async with socket(server) as live:
            said = {"headers": {"authorization": headers["Authorization"], "graphql-cost": "1"}}
            await live.send(type="connection_init", payload=said)
            assert (await live.receive())["type"] == "connection_ack"
            await live.subscribe(left, of_item)
            second = (await live.receive())["payload"]["extensions"]["cost"]
            assert await shop.place(ada, offer.item_id)
            assert (await live.receive())["payload"].keys() == {"data"}
        assert (first["cost"], first["budget"]) == (100, 6)
        assert second == {"cost": 100, "budget": 6, "left": first["left"] - 100}
        async with greeted(server, ada.token) as live:
            await live.subscribe(left, of_item)
            assert (await live.receive())["payload"].keys() == {"data"}


async def test_tokens_that_are_nobodys_are_refused_with_a_time(strict: Settings) -> None:
    changes = {"rate_limits": {"wrongTokens": "1/600s"}}
    async with serve(strict.model_copy(update=changes)) as server:
        headers = {"X-Forwarded-For": "198.51.100.11", "Authorization": "Bearer rct_x"}
        body = {"query": "{ __typename }"}
        first, second = [await server.http.post("/graphql", json=body, headers=headers) for _ in range(2)]
    assert (first.status_code, second.status_code) == (401, 429)
    assert 1 <= int(second.headers["retry-after"]) <= 600
    assert second.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_an_operation_is_counted_by_itself(strict: Settings) -> None:
    async with serve(strict) as server:
        answers = []
        for name in ("ada", "eve"):
            reply = await server.http.post(
                "/graphql",
                json={"query": REGISTER, "variables": {"email": f"{name}@example.org"}},
                headers={"X-Forwarded-For": "198.51.100.9"},
            )
            answers.append(reply.json())
        assert answers[0]["data"]["register"]["__typename"] == "Session"
        assert answers[1]["errors"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_only_named_origins_may_ask(strict: Settings) -> None:
    async with serve(strict) as server:
        asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        good = await server.http.options("/graphql", headers={"Origin": "https://shop.example", **asks})
        assert good.status_code == 200
        assert good.headers["access-control-allow-origin"] == "https://shop.example"
        bad = await server.http.options("/graphql", headers={"Origin": "https://evil.example", **asks})
        assert bad.status_code == 400
        assert "access-control-allow-origin" not in bad.headers


async def test_without_the_setting_no_origin_may_ask(server: Server) -> None:
    reply = await server.http.post(
        "/graphql", json={"query": "{ __typename }"}, headers={"Origin": "https://shop.example"}
    )
    assert "access-control-allow-origin" not in reply.headers
    assert reply.headers["x-content-type-options"] == "nosniff"


async def test_steps_of_a_sign_in_elsewhere_are_counted(strict: Settings) -> None:
    provider = OidcProvider(issuer="http://127.0.0.1:9/", client_id="x", client_secret=SecretStr("y"))
    changes = {"oidc_providers": {"one": provider}, "rate_limits": {"signInWithProvider": "1/3600s"}}
    async with serve(strict.model_copy(update=changes)) as server:
        headers = {"X-Forwarded-For": "198.51.100.10"}
        statuses = [
            (await server.http.get("/auth/oidc/one/callback?state=x", headers=headers)).status_code
            for _ in range(3)
        ]
        refused = await server.http.get("/auth/oidc/one/login", headers=headers)
    assert statuses[0] == 400
    assert statuses[-1] == refused.status_code == 429
    assert refused.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert int(refused.headers["retry-after"]) > 0
