"""The service that the example of a payment provider (examples/payment_provider) speaks to."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.shared.signature import sign

SECRET = b"voucher secret"


class VoucherService:
    """Keeps payments in its memory."""

    def __init__(self) -> None:
        self.payments: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, int] = {}
        route = Route("/payments/{rest:path}", self.answer, methods=["GET", "PUT", "POST"])
        self.app = Starlette(routes=[route])

    async def answer(self, request: Request) -> Response:
        key, *rest = request.path_params["rest"].split("/")
        body = await request.body()
        given = orjson.loads(body) if body else {}
        if not key:
            return JSONResponse(list(self.payments.values()))
        if request.method == "PUT" and not rest:
            nothing = {"captured": 0, "refunded": 0, "page": f"https://vouchers.test/{key}"}
            self.payments.setdefault(key, {"key": key, "status": "PENDING", **given, **nothing})
        payment = self.payments.get(key)
        if payment is None:
            return Response(status_code=404)
        if rest[:1] == ["capture"]:
            payment |= {"status": "CAPTURED", "captured": given["amount"]}
        if rest[:1] == ["cancel"]:
            if payment["captured"]:
                return Response(status_code=409)
            payment["status"] = "CANCELLED"
        if rest[:1] == ["refunds"] and rest[1] not in self.refunds:
            self.refunds[rest[1]] = given["amount"]
            payment["refunded"] += given["amount"]
        return JSONResponse(payment)

    async def enter_code(self, key: str, hook: str) -> None:
        """As a customer does on its page: all is paid, and the shop is told at ``hook``."""
        payment = self.payments[key]
        payment |= {"status": "CAPTURED", "captured": payment["amount"]}
        body = orjson.dumps({"type": "payment.captured", "payment": payment})
        async with httpx.AsyncClient() as http:
            answer = await http.post(
                hook, content=body, headers=sign(SECRET, uuid4().hex, body, datetime.now(UTC))
            )
        answer.raise_for_status()
