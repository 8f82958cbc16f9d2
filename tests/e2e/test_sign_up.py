"""Signing up and in as a client does it, and who sees whom."""

import asyncio
from uuid import UUID

from resolvers.shared.node import encode_id
from tests.e2e.test_transport import ADA, LOGIN, ME, NODES, REGISTER
from tests.modes import ONE_MODE
from tests.server import Server

pytestmark = ONE_MODE


async def test_sign_up_and_in(server: Server) -> None:
    answer = await server.graphql(REGISTER, {"input": {**ADA, "email": " Ada@EXAMPLE.com"}})
    session = answer["data"]["register"]
    assert session["user"] == {
        "id": session["user"]["id"],
        "email": "ada@example.com",
        "displayName": "Ada",
        "roles": ["CUSTOMER"],
    }
    token = session["accessToken"]
    assert (await server.graphql(ME, token=token)) == {"data": {"me": {"email": "ada@example.com"}}}
    assert (await server.graphql(ME)) == {"data": {"me": None}}

    again = (await server.graphql(REGISTER, {"input": ADA}))["data"]["register"]
    assert (again["__typename"], again["code"]) == ("EmailTaken", "EMAIL_TAKEN")

    login = {"email": "ADA@example.com", "password": ADA["password"]}
    assert (await server.graphql(LOGIN, {"input": login}))["data"]["login"]["user"] == {"email": "ada@example.com"}
    for wrong in (
        {**login, "password": "wrong horse"},
        {**login, "email": "bob@example.com"},
        {**login, "email": ""},
    ):
        refused = (await server.graphql(LOGIN, {"input": wrong}))["data"]["login"]
        assert refused == {
            "__typename": "InvalidCredentials",
            "code": "INVALID_CREDENTIALS",
            "message": "The e-mail address or the password is wrong.",
        }


async def test_every_field_at_fault_is_named(server: Server) -> None:
    bad = {"email": "ada", "password": "short", "displayName": " "}
    refused = (await server.graphql(REGISTER, {"input": bad}))["data"]["register"]
    assert refused["__typename"] == "InvalidInput"
    assert [field["path"] for field in refused["fields"]] == [
        ["input", "email"],
        ["input", "password"],
        ["input", "displayName"],
    ]
    assert (await server.graphql(LOGIN, {"input": {"email": "ada", "password": "short"}}))["data"]["login"]["code"]


async def test_two_who_want_one_address(server: Server) -> None:
    answers = await asyncio.gather(*(server.graphql(REGISTER, {"input": ADA}) for _ in range(4)))
    names = sorted(answer["data"]["register"]["__typename"] for answer in answers)
    assert names == ["EmailTaken", "EmailTaken", "EmailTaken", "Session"]


async def test_others_are_not_seen_through_node(server: Server) -> None:
    node = "query Node($id: ID!) { node(id: $id) { id ... on User { email } } }"
    ada = (await server.graphql(REGISTER, {"input": ADA}))["data"]["register"]
    bob = (await server.graphql(REGISTER, {"input": {**ADA, "email": "bob@example.com"}}))["data"]["register"]
    mine = {"id": ada["user"]["id"], "email": "ada@example.com"}
    asked = {"id": ada["user"]["id"]}
    assert (await server.graphql(node, asked, ada["accessToken"])) == {"data": {"node": mine}}
    assert (await server.graphql(node, asked, bob["accessToken"])) == {"data": {"node": None}}
    assert (await server.graphql(node, asked)) == {"data": {"node": None}}

    unknown = encode_id("Unicorn", UUID(int=1))
    both = await server.graphql(NODES, {"ids": [unknown, ada["user"]["id"]]}, ada["accessToken"])
    assert both == {"data": {"nodes": [None, {"id": ada["user"]["id"]}]}}
