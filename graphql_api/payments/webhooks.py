"""``/webhooks/payments/PROVIDER``: what providers tell. A 2xx says that it need not be told again."""

from math import ceil
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from graphql_api.http_request import Refused, read_body
from graphql_api.runtime import Runtime
from infra.errors import StoreUnavailable
from services.payment.receive_webhook import MOST_BYTES, receive_webhook
from services.shared.signature import BadWebhook

log = structlog.get_logger(__name__)
PATH: Final = "/webhooks/payments/"
_STATUS: Final = {"unknown_provider": 404, "no_webhooks": 404, "too_large": 413, "unreadable": 400}


def route(runtime: Runtime) -> Route:
    async def webhook(request: Request) -> Response:
        infra, name = runtime.running.infra, request.path_params["provider"]
        try:
            length = request.headers.get("content-length", "").encode()
            body = await read_body(request.receive, length, MOST_BYTES)
            await receive_webhook(infra, name, request.headers, body)
        except Refused as error:
            infra.counters.add("payment_webhook", error.code.lower())
            return _error(error.status, error.code)
        except BadWebhook as error:
            return _error(_STATUS.get(error.reason, 401), error.reason.upper())
        except StoreUnavailable as error:
            log.warning("store.unavailable", store=error.store)
            return _error(503, "UNAVAILABLE", {"retry-after": str(ceil(error.retry_after))})
        return Response(status_code=204)

    return Route(PATH + "{provider}", webhook, methods=["POST"])


def _error(status: int, code: str, headers: dict[str, str] | None = None) -> Response:
    content = {"errors": [{"message": code.replace("_", " ").capitalize(), "extensions": {"code": code}}]}
    return JSONResponse(content, status, headers=headers)
