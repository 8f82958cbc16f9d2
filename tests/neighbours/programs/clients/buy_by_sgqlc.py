"""Buy by sgqlc: its code is made of the schema, the operation of its code."""

import sys

import shop_schema as schema
from sgqlc.endpoint.http import HTTPEndpoint
from sgqlc.operation import Operation

url, token, item = sys.argv[1:]
buy = Operation(schema.Mutation)
placed = buy.place_flash_order(input={"itemId": item, "quantity": 1, "idempotencyKey": "sgqlc"})
placed.__typename__()
placed.__as__(schema.Order).status()
placed.__as__(schema.Error).__fields__("code", "message")
answer = HTTPEndpoint(url, {"Authorization": f"Bearer {token}"})(buy)
print((buy + answer).place_flash_order.status)
