"""``/sandbox/payments/ID``: a page where a person approves or declines, as a bank's would be.

It takes what comes next as well: how late the webhook is, whether it comes twice or never, another amount.
"""

from collections.abc import Awaitable, Callable, Mapping
from html import escape
from math import ceil
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import parse_qsl
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Scope

from graphql_api.http_request import Refused, read_body
from graphql_api.payments.webhooks import PATH as WEBHOOKS
from graphql_api.runtime import Runtime
from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models import PaymentStatus, SandboxCharge
from services.money.amounts import MoneyError, parse_amount, to_decimal, to_known_minor
from services.payment.sandbox.charges import PAGE
from services.payment.sandbox.page import LONGEST_DELAY, Decision, Webhook, decide, find_charge
from services.payment.sandbox.provider import NAME
from services.payment.sandbox.send_events import send_now
from services.shared.errors import NotFound
from settings import Settings

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
_HEADERS: Final = {"content-security-policy": _POLICY, "cache-control": "no-store"}
_TEMPLATE: Final = Path(__file__).parent / "sandbox.html"
_MOST_BYTES: Final = 2_000


def route(runtime: Runtime) -> Route:
    async def page(request: Request) -> Response:
        infra = runtime.running.infra
        if NAME not in infra.settings.ways_to_pay:
            raise HTTPException(404)
        act: Callable[[Request, Infra, UUID], Awaitable[Response]] = _decide if request.method == "POST" else _show
        try:
            return await act(request, infra, UUID(request.path_params["id"]))
        except (NotFound, ValueError):
            raise HTTPException(404) from None
        except Refused as error:
            raise HTTPException(error.status) from None
        except StoreUnavailable as error:
            raise HTTPException(503, headers={"retry-after": str(ceil(error.retry_after))}) from error

    return Route(PAGE + "{id}", page, methods=["GET", "POST"])


async def _show(_request: Request, infra: Infra, charge_id: UUID) -> Response:
    return HTMLResponse(_page(await find_charge(infra, charge_id)), headers=_HEADERS)


async def _decide(request: Request, infra: Infra, charge_id: UUID) -> Response:
    """Then back to the shop, which knows by then unless it is slow."""
    body = await read_body(request.receive, None, _MOST_BYTES)
    try:
        decision = await _decision(infra, charge_id, dict(_fields(body)))
    except (ValueError, MoneyError):
        raise HTTPException(400) from None
    outcome = await decide(infra, charge_id, decision, _hook_url(request.scope, infra.settings))
    await send_now(infra, outcome.webhooks)
    return RedirectResponse(outcome.charge.return_url, 303, headers=_HEADERS)


def _fields(body: bytes) -> list[tuple[str, str]]:
    """Read a form. Errors: ValueError."""
    return parse_qsl(body.decode(), strict_parsing=True, max_num_fields=10)


async def _decision(infra: Infra, charge_id: UUID, form: Mapping[str, str]) -> Decision:
    """Errors: ValueError, MoneyError, NotFound."""
    delay, amount = float(form.get("delay") or 0), form.get("amount")
    if form.get("decision") not in ("approve", "decline") or not 0 <= delay <= LONGEST_DELAY:
        raise ValueError("no decision")
    minor = None
    if amount:
        minor = to_known_minor(parse_amount(amount), (await find_charge(infra, charge_id)).currency)
    webhook = Webhook(form.get("webhook", Webhook.ONCE.value))
    return Decision(form["decision"] == "approve", delay, webhook, minor)


def _hook_url(scope: Scope, settings: Settings) -> str:
    """Returns the address of this server itself, whatever name the client called it by."""
    host, port = scope.get("server") or (settings.host, settings.port)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{WEBHOOKS}{NAME}"


def _page(charge: SandboxCharge) -> str:
    is_open = charge.status == PaymentStatus.PENDING
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        amount=str(to_decimal(charge.amount, charge.currency)),
        currency=escape(charge.currency),
        status=escape(PaymentStatus(charge.status).value.lower()),
        return_url=escape(charge.return_url, quote=True),
        form="" if is_open else "hidden",
        done="hidden" if is_open else "",
    )
