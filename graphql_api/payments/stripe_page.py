"""``/stripe/payments/REFERENCE``: Stripe's own form for one payment. What is typed there goes to Stripe alone.
``/stripe/setups/REFERENCE`` is that of a card that an armed order will be charged to.

https://docs.stripe.com/payments/payment-element, and what a content security policy must allow for it:
https://docs.stripe.com/security/guide#content-security-policy
"""

from collections.abc import Awaitable, Callable
from html import escape
from pathlib import Path
from secrets import token_urlsafe
from string import Template
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from graphql_api.runtime import Runtime
from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models import ArmedState, PaymentStatus
from services.money.amounts import to_decimal
from services.payment.arm_flash_order import find_set_up
from services.payment.find_payments import find_by_reference
from services.payment.stripe.standing import NAME, PAGE, SET_UP_PAGE

_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; connect-src https://api.stripe.com; "
    "frame-src https://*.js.stripe.com https://js.stripe.com https://hooks.stripe.com; "
    "script-src https://*.js.stripe.com https://js.stripe.com 'nonce-{nonce}'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_TEMPLATE: Final = Path(__file__).parent / "stripe.html"


def routes(runtime: Runtime) -> list[Route]:
    return [_route(runtime, PAGE, _payment), _route(runtime, SET_UP_PAGE, _armed)]


Find = Callable[[Infra, str], Awaitable[dict[str, str] | None]]
"""What the page of a reference says, escaped."""


async def _payment(infra: Infra, reference: str) -> dict[str, str] | None:
    payment = await find_by_reference(infra, NAME, reference)
    if payment is None:
        return None
    is_open = payment.status == PaymentStatus.PENDING and payment.live_order_id is not None
    amount = f"{to_decimal(payment.amount, payment.currency)} {payment.currency}"
    status = PaymentStatus(payment.status).value.lower()
    return _said(is_open, amount, "Pay", "confirmPayment", payment.return_url, status)


async def _armed(infra: Infra, reference: str) -> dict[str, str] | None:
    armed = await find_set_up(infra, NAME, reference)
    if armed is None:
        return None
    is_open, status = armed.state == ArmedState.SETTING_UP, ArmedState(armed.state).value.lower()
    return _said(is_open, "For later", "Save", "confirmSetup", armed.return_url, status)


def _said(is_open: bool, heading: str, button: str, confirm: str, return_url: str, status: str) -> dict[str, str]:
    return {
        "heading": escape(heading),
        "button": button,
        "confirm": confirm,
        "return_url": escape(return_url, quote=True),
        "status": escape(status),
        "form": "" if is_open else "hidden",
        "done": "hidden" if is_open else "",
    }


def _route(runtime: Runtime, path: str, find: Find) -> Route:
    async def page(request: Request) -> Response:
        infra = runtime.running.infra
        key = infra.settings.payments.stripe_publishable_key
        if key is None or NAME not in infra.settings.ways_to_pay:
            raise HTTPException(404)
        try:
            said = await find(infra, request.path_params["reference"][:100])
        except StoreUnavailable as error:
            raise HTTPException(503, headers={"retry-after": "1"}) from error
        if said is None:
            raise HTTPException(404)
        nonce = token_urlsafe(16)
        policy = _POLICY.format(nonce=nonce)
        headers = {"content-security-policy": policy, "cache-control": "no-store", "referrer-policy": "origin"}
        template = Template(_TEMPLATE.read_text(encoding="utf-8"))
        text = template.substitute(said, key=escape(key, quote=True), nonce=nonce)
        return HTMLResponse(text, headers=headers)

    return Route(path + "{reference}", page, methods=["GET"])
