"""Public questions over HTTP."""

import json
from typing import Any

import httpx

from infra.runtime import Infra
from services.session.access_tokens import AccessTokens
from services.user.register import register
from settings import Settings
from tests.server import Server, serve

JSON = "application/json"


GRAPHQL_JSON = "application/graphql-response+json"


BY_SLUG = "query One($slug: String!) { product(slug: $slug) { title } }"


STOCK = "query One($slug: String!) { product(slug: $slug) { variants { stock { available } } } }"


def serving(settings: Settings) -> Any:
    """Without a worker: what is seen is a request's."""
    return serve(settings)


async def fresh(infra: Infra) -> bool:
    return infra.hearing.is_fresh


async def get(
    server: Server, query: str, headers: dict[str, str] | None = None, **variables: Any
) -> httpx.Response:
    params = {"query": query, "variables": json.dumps(variables)}
    return await server.http.get("/graphql", params=params, headers={"accept": JSON, **(headers or {})})


async def post(
    server: Server, query: str, headers: dict[str, str] | None = None, **variables: Any
) -> httpx.Response:
    return await server.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)


def counts(server: Server) -> dict[str, int]:
    return server.infra.counters.snapshot().get("response", {})


async def token_of(infra: Infra) -> str:
    user = await register(infra, email="ada@example.com", password="correct horse battery", display_name="Ada")
    return AccessTokens.from_settings(infra.settings).issue(user).token
