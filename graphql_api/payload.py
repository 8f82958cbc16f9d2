"""What a client is sent: the payload of a result or a refusal, as bytes."""

from typing import Any

import orjson
import structlog
from starlette.types import Scope
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from graphql_api.errors import internal
from graphql_api.http_request import Refused
from graphql_api.request_context import request_ids

log = structlog.get_logger(__name__)


def formatted(result: ExecutionResult) -> dict[str, Any]:
    told = {"extensions": result.extensions} if result.extensions else {}
    if result.errors is None:
        return {"data": result.data, **told}
    errors = [error.formatted for error in result.errors]
    if isinstance(result, PreExecutionError):
        return {"errors": errors, **told}
    return {"data": result.data, "errors": errors, **told}


def refusal_of(error: Refused) -> dict[str, Any]:
    return {"errors": [{"message": error.message, "extensions": {"code": error.code, **error.details}}]}


def encode(payload: object, scope: Scope) -> bytes:
    try:
        return orjson.dumps(payload)
    except TypeError:
        log.exception("graphql.not_encodable")
        return orjson.dumps({"errors": [internal(request_ids(scope).trace_id).formatted]})
