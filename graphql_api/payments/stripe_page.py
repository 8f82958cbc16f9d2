"""``/stripe/payments/REFERENCE``: Stripe's own form for one payment. What is typed there goes to Stripe alone.

https://docs.stripe.com/payments/payment-element, and what a content security policy must allow for it:
https://docs.stripe.com/security/guide#content-security-policy
"""

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
from models import Payment, PaymentStatus
from services.money.amounts import to_decimal
from services.payment.find_payments import find_by_reference
from services.payment.stripe.standing import NAME, PAGE

_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; connect-src https://api.stripe.com; "
    "frame-src https://*.js.stripe.com https://js.stripe.com https://hooks.stripe.com; "
    "script-src https://*.js.stripe.com https://js.stripe.com 'nonce-{nonce}'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_TEMPLATE: Final = Path(__file__).parent / "stripe.html"


def route(runtime: Runtime) -> Route:
    async def page(request: Request) -> Response:
        infra = runtime.running.infra
        key = infra.settings.payments.stripe_publishable_key
        if key is None or NAME not in infra.settings.ways_to_pay:
            raise HTTPException(404)
        try:
            payment = await find_by_reference(infra, NAME, request.path_params["reference"][:100])
        except StoreUnavailable as error:
            raise HTTPException(503, headers={"retry-after": "1"}) from error
        if payment is None:
            raise HTTPException(404)
        nonce = token_urlsafe(16)
        policy = _POLICY.format(nonce=nonce)
        headers = {"content-security-policy": policy, "cache-control": "no-store", "referrer-policy": "origin"}
        return HTMLResponse(_page(payment, key, nonce), headers=headers)

    return Route(PAGE + "{reference}", page, methods=["GET"])


def _page(payment: Payment, key: str, nonce: str) -> str:
    is_open = payment.status == PaymentStatus.PENDING and payment.live_order_id is not None
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        amount=str(to_decimal(payment.amount, payment.currency)),
        currency=escape(payment.currency),
        key=escape(key, quote=True),
        nonce=nonce,
        return_url=escape(payment.return_url, quote=True),
        status=escape(PaymentStatus(payment.status).value.lower()),
        form="" if is_open else "hidden",
        done="hidden" if is_open else "",
    )
