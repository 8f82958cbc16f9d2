"""Look by gql: a query of its own language, over HTTP, and a subscription over a WebSocket."""

import asyncio
import sys

from gql import Client, gql
from gql.dsl import DSLQuery, DSLSchema, dsl_gql
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

url, token, item = sys.argv[1:]
WATCH = "subscription ($item: ID!) { flashSaleRemaining(itemId: $item) { remaining } }"


async def main() -> None:
    headers = {"Authorization": f"Bearer {token}"}
    async with Client(transport=HTTPXAsyncTransport(url, headers=headers), fetch_schema_from_transport=True) as it:
        schema = DSLSchema(it.client.schema)
        node = schema.ProductEdge.node.select(schema.Product.title)
        page = schema.Query.products(first=2).select(schema.ProductConnection.edges.select(node))
        rows = (await it.execute(dsl_gql(DSLQuery(page))))["products"]["edges"]
    socket = WebsocketsTransport(
        url.replace("http", "ws"), init_payload=headers, subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL]
    )
    async with Client(transport=socket) as it:
        watch = gql(WATCH)
        watch.variable_values = {"item": item}
        first = await anext(it.subscribe(watch))
    print(len(rows), first["flashSaleRemaining"]["remaining"])


asyncio.run(main())
