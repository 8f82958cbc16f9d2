"""Vouchers: codes that are worth an amount, kept by another service over HTTP."""

import os
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

import httpx2
import orjson

from models import PaymentStatus
from services.payment.provider import Charge, ProviderEvent, Refused, Standing, Unreachable
from services.shared.signature import BadWebhook, verify
from settings.errors import BadSetting


class Vouchers:
    """The page is theirs; they call back when a code was entered."""

    name = "vouchers"

    def __init__(self) -> None:
        """Called at the start of each process. Errors: BadSetting."""
        self._url, secret = os.environ.get("VOUCHERS_URL"), os.environ.get("VOUCHERS_SECRET")
        if not self._url or not secret:
            raise BadSetting("VOUCHERS_URL and VOUCHERS_SECRET: vouchers need both")
        self._secret = secret.encode()

    @staticmethod
    def step(currency: str) -> int:
        return 1

    async def create(self, charge: Charge) -> Standing:
        body = {"amount": charge.amount, "currency": charge.currency, "back": charge.return_url}
        return _standing(await self._ask("PUT", charge.key, body))

    async def capture(self, reference: str, amount: int, key: str) -> Standing:
        return _standing(await self._ask("POST", f"{reference}/capture", {"amount": amount}))

    async def cancel(self, reference: str, key: str) -> Standing:
        return _standing(await self._ask("POST", f"{reference}/cancel"))

    async def refund(self, reference: str, amount: int, key: str) -> Standing:
        return _standing(await self._ask("PUT", f"{reference}/refunds/{key}", {"amount": amount}))

    async def fetch(self, key: str, reference: str | None) -> Standing | None:
        told = await self._ask("GET", key)
        return None if told is None else _standing(told)

    async def list_since(self, since: datetime) -> AsyncIterator[Standing]:
        for told in await self._ask("GET", f"?since={int(since.timestamp())}"):
            yield _standing(told)

    def parse_webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> ProviderEvent:
        event_id = verify(self._secret, headers, body, now)
        try:
            told = orjson.loads(body)
            return ProviderEvent(event_id, told["type"], _standing(told["payment"]))
        except (ValueError, KeyError, TypeError):
            raise BadWebhook("unreadable") from None

    async def _ask(self, method: str, path: str, body: object = None) -> Any:
        try:
            async with httpx2.AsyncClient(timeout=8) as client:
                answer = await client.request(method, f"{self._url}/payments/{path}", json=body)
        except httpx2.HTTPError as error:
            raise Unreachable(type(error).__name__) from None
        if answer.status_code == 404 and method == "GET":
            return None
        if answer.status_code in (402, 409):
            raise Refused(f"answered {answer.status_code}")
        if not answer.is_success:
            raise Unreachable(f"answered {answer.status_code}")
        return answer.json()


def _standing(told: Any) -> Standing:
    return Standing(
        key=told["key"],
        reference=told["key"],
        status=PaymentStatus(told["status"]),
        amount=told["amount"],
        currency=told["currency"],
        captured=told["captured"],
        refunded=told["refunded"],
        redirect_url=told.get("page"),
    )
