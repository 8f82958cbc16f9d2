"""How a shopper arms an order: the payment is set up on the sandbox's page, where some decline."""

from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from chaos.client import Client
from chaos.http_connection import HttpConnection
from chaos.paying import press
from chaos.wishes import Wish

ARM: Final = (
    "mutation ($input: ArmFlashOrderInput!) { armFlashOrder(input: $input) { __typename ... on ArmedFlashOrder "
    "{ state redirectUrl quote { quote } } ... on Error { code } ... on TryAgain { retryAfterMs } } }"
)
_APPROVES: Final = 0.85
_LOOKS: Final = 5


async def arm(client: Client, http: HttpConnection, wish: Wish, items: dict[str, Any]) -> None:
    """Give the wish the quote of an armed order; it stays without one where that is refused or declined."""
    asked = items | {"idempotencyKey": f"arm-{wish.key}", "provider": "sandbox"}
    is_pressed = False
    for _ in range(_LOOKS):
        answer = await client.until_known(http, ARM, asked)
        if answer.get("state") != "SETTING_UP":
            if (quote := answer.get("quote")) is not None:
                wish.quote = quote["quote"]
            return
        if not is_pressed:
            decision = "approve" if client.dice.random() < _APPROVES else "decline"
            page, form = urlsplit(answer["redirectUrl"]).path, urlencode({"decision": decision}).encode()
            is_pressed = await press(client, http, page, form)
