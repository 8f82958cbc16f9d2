"""The client for Python: generated from the schema as it is, and patient with a server that has little time."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from rushcart_client import NotNow, Refused, Rushcart, TryAgain, Unreachable
from rushcart_client.generated.enums import OrderStatus

CLIENT = Path(__file__).parents[2] / "clients" / "python"


def test_the_generated_code_is_of_this_schema() -> None:
    told = subprocess.run([sys.executable, "made_of.py"], cwd=CLIENT, capture_output=True, text=True, check=True)
    made_of = CLIENT / "rushcart_client" / "generated" / "made_of.txt"
    assert made_of.read_text(encoding="utf-8") == told.stdout, "run clients/python/generate.sh"


def telling(*answers: Any, patience: float = 15.0) -> tuple[Rushcart, list[bytes]]:
    """A client of a server that gives these answers, one after the other, and what it is sent."""
    left, bodies = list(answers), list[bytes]()

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        told = left.pop(0)
        return httpx.Response(200, json=told) if isinstance(told, dict) else httpx.Response(502, text=told)

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return Rushcart("http://shop", http=http, patience=patience), bodies


def try_again(ms: int) -> dict[str, Any]:
    told = {"__typename": "TryAgain", "code": "TRY_AGAIN", "message": "Not now.", "retryAfterMs": ms}
    return {"data": {"placeFlashOrder": told}}


def sold_out(code: str) -> dict[str, Any]:
    return {"data": {"placeFlashOrder": {"__typename": "SoldElsewhere", "code": code, "message": "Gone."}}}


async def test_what_is_refused_for_the_moment_is_asked_again_with_the_same_key() -> None:
    unavailable = {"errors": [{"message": "Down.", "extensions": {"code": "UNAVAILABLE", "retryAfterMs": 1}}]}
    client, bodies = telling(try_again(1), "<h1>Bad gateway</h1>", unavailable, sold_out("NEW_CODE"))
    async with client:
        with pytest.raises(Refused) as refused:
            await client.buy("item")
    assert (type(refused.value), refused.value.code) == (Refused, "NEW_CODE"), "of a later version"
    assert len(bodies) == 4
    assert len(set(bodies)) == 1
    assert b"idempotencyKey" in bodies[0]


async def test_what_a_later_server_adds_is_no_error() -> None:
    money = {"amount": "1.00", "currencyCode": "EUR"}
    order: dict[str, Any] = {"id": "o", "number": "R-1", "status": "ON_THE_MOON", "total": money, "lines": []}
    order |= {"placedAt": "2030-01-31T09:00:00Z", "expiresAt": None}
    client, _ = telling({"data": {"order": order}})
    found = await client.order("o")
    assert found is not None
    assert (found.status, found.status.value, type(found.status)) == ("ON_THE_MOON", "ON_THE_MOON", OrderStatus)
    assert found.status is not OrderStatus.ACCEPTED


async def test_patience_has_an_end() -> None:
    client, bodies = telling(try_again(60_000), patience=5)
    with pytest.raises(TryAgain) as refused:
        await client.buy("item")
    assert (refused.value.retry_after, len(bodies)) == (60, 1)
    client, bodies = telling("no gateway", patience=0)
    with pytest.raises(Unreachable):
        await client.products()
    limited = {"errors": [{"message": "", "extensions": {"code": "RATE_LIMITED", "retryAfterMs": 9000}}]}
    client, bodies = telling(limited, patience=5)
    with pytest.raises(NotNow) as later:
        await client.products()
    assert (later.value.retry_after, len(bodies)) == (9, 1)
