"""What a client sees of an error: the expected ones as they are, of the others a code and a trace id."""

import re

import structlog
from graphql import GraphQLError

from infra.errors import StoreUnavailable
from resolvers.shared.errors import to_request_error
from resolvers.shared.failures import RequestError, unavailable
from services.shared.errors import ServiceError

_REFUSED = re.compile(r".*? cannot represent [^:]*?value(?=: )", re.DOTALL)

log = structlog.get_logger(__name__)


def present(error: GraphQLError, trace_id: str) -> GraphQLError:
    """Returns the error for the response; an unexpected one is logged with its cause."""
    cause = _innermost(error)
    if isinstance(cause, RequestError):
        return error
    if isinstance(cause, StoreUnavailable):
        log.warning("store.unavailable", store=cause.store, path=error.path)
        return _instead(error, unavailable(cause.retry_after))
    if isinstance(cause, ServiceError):
        return _instead(error, to_request_error(cause))
    if isinstance(cause, GraphQLError) and (error.path is None or cause.nodes):
        # From graphql-core itself: variables or arguments that do not fit their types.
        return _instead(error, RequestError("BAD_USER_INPUT", without_the_input(error.message)))
    log.error("graphql.unexpected_error", path=error.path, exc_info=cause)
    return _instead(error, internal(trace_id))


def without_the_input(message: str) -> str:
    """Cut what graphql-core repeats of an input that it refuses: an object may have a password in it."""
    reason, found, _ = message.partition(", found: ")
    if found:
        return f"{reason}."
    refused = _REFUSED.match(message)
    return f"{refused[0]}." if refused else message


def without_suggestions(message: str) -> str:
    """Cut what graphql-core thinks that a name may mean."""
    return message.partition(" Did you mean ")[0]


def internal(trace_id: str) -> RequestError:
    return RequestError("INTERNAL", "Something went wrong on our side.", {"traceId": trace_id})


def _innermost(error: GraphQLError) -> Exception:
    cause: Exception = error
    while isinstance(cause, GraphQLError) and isinstance(cause.original_error, Exception):
        cause = cause.original_error
    return cause


def _instead(error: GraphQLError, shown: RequestError) -> GraphQLError:
    return GraphQLError(
        shown.message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=shown.extensions,
    )
