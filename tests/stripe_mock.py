"""Stripe's own stand-in, stripe-mock: it checks each request against Stripe's OpenAPI description and answers with
examples. It remembers nothing.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import orjson
import stripe
from pydantic import SecretStr

from infra.ports import free_port
from tests.go_program import built, wait_until_it_answers

_MODULE: Final = "github.com/stripe/stripe-mock@v0.203.0"
SECRET: Final = "whsec_only_for_tests"


@contextmanager
def stripe_mock() -> Iterator[str]:
    """Its address."""
    program, port = built(_MODULE), free_port()
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        [program, "-http-addr", f"127.0.0.1:{port}", "-https-addr", "127.0.0.1:0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            wait_until_it_answers(url)
            yield url
        finally:
            process.kill()


def stripe_settings(url: str | None) -> dict[str, Any]:
    return {
        "payment_providers": ("stripe", "manual"),
        "stripe_api_key": SecretStr("sk_test_123"),
        "stripe_publishable_key": "pk_test_123",
        "stripe_webhook_secret": SecretStr(SECRET),
        "stripe_api_base": url,
    }


def event(kind: str, told: dict[str, Any], event_id: str = "evt_1") -> bytes:
    """A webhook's body."""
    return orjson.dumps({"id": event_id, "object": "event", "type": kind, "data": {"object": told}})


def signed(body: bytes, secret: str = SECRET, at: int | None = None) -> dict[str, str]:
    """Its headers, by the SDK."""
    signature = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at)
    return {"stripe-signature": signature}
