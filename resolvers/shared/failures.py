"""Errors for ``errors[]``: what a client could not have foreseen, each with ``extensions.code``."""

from collections.abc import Mapping

from graphql import GraphQLError


class RequestError(GraphQLError):
    """An error whose message is meant for the client; every other exception is masked."""

    def __init__(self, code: str, message: str, details: Mapping[str, object] | None = None) -> None:
        super().__init__(message, extensions={"code": code, **(details or {})})
        self.code = code


def bad_argument(argument: str, message: str) -> RequestError:
    """Make a ``BAD_USER_INPUT`` that names the argument."""
    return RequestError("BAD_USER_INPUT", f"{argument}: {message}", {"argument": argument})


def unauthenticated(
    message: str = "Sign in first: send an access token as Authorization: Bearer.",
) -> RequestError:
    return RequestError("UNAUTHENTICATED", message)


def forbidden() -> RequestError:
    return RequestError("FORBIDDEN", "You may not do this.")


def unavailable(retry_after: float = 1.0) -> RequestError:
    """Make what is said where a store does not answer; ``retry_after`` in seconds."""
    message = "A part of the service does not answer at the moment. Try again soon."
    return RequestError("UNAVAILABLE", message, {"retryAfterMs": round(retry_after * 1000)})
