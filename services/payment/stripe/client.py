"""Calls of Stripe's SDK over our HTTP client, and its errors in our words."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx2
import stripe

from infra.http_client import HttpClient
from services.payment.provider import Declined, Refused, Unreachable
from settings import Settings


class _Http(stripe.HTTPClient):
    """A connection a call: payments are few, and nothing is left open."""

    name = "httpx2"

    def __init__(self, timeout: float) -> None:
        super().__init__()
        self._timeout = timeout

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        try:
            async with HttpClient(timeout=self._timeout, trust_env=False) as client:
                answer = await client.request(method, url, headers=dict(headers), content=post_data or None)
        except httpx2.HTTPError as error:
            raise Unreachable(f"no answer: {type(error).__name__}") from error
        return answer.content, answer.status_code, answer.headers


def make_client(settings: Settings) -> stripe.StripeClient:
    """Errors: Unreachable when there is no key."""
    if settings.payments.stripe_api_key is None:
        raise Unreachable("there is no key: set RUSHCART_STRIPE_API_KEY")
    base = settings.payments.stripe_api_base
    return stripe.StripeClient(
        settings.payments.stripe_api_key.get_secret_value(),
        http_client=_Http(settings.payments.provider_timeout),
        base_addresses={} if base is None else {"api": base},
        max_network_retries=0,
    )


@contextmanager
def our_errors() -> Iterator[None]:
    """Errors: Declined, Refused, Unreachable. Their text is Stripe's code: messages may quote what was sent.

    A key that is wrong can be mended, so nothing is given up for it.
    """
    try:
        yield
    except stripe.CardError as error:
        raise Declined(_words(error)) from None
    except stripe.InvalidRequestError as error:
        raise Refused(_words(error)) from None
    except stripe.StripeError as error:
        raise Unreachable(_words(error)) from None


def _words(error: stripe.StripeError) -> str:
    return " ".join(str(part) for part in (type(error).__name__, error.http_status, error.code) if part)
