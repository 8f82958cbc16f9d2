"""How operations get to the server and back: signed in, again where that helps, and with errors raised."""

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from itertools import count
from types import TracebackType
from typing import Any, Self

import httpx
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from rushcart_client.errors import Unreachable, failure, refusal
from rushcart_client.session import Renewing, Session

RENEW = """mutation Renew($input: RefreshSessionInput!) { refreshSession(input: $input) {
  ... on Session { accessToken accessTokenExpiresAt refreshToken } ... on Error { code message } } }"""
_MUTATION = re.compile(r"^\s*mutation\b", re.MULTILINE)
_SHORTEST_WAIT, _FIRST_WAIT, _LONGEST_WAIT = 0.05, 0.2, 5.0
"""Seconds; where nothing is said, each is twice as long as the one before."""

PATIENCE = 15.0
"""Seconds."""

Payload = dict[str, Any]
OnSession = Callable[[Session | None], None]


class Transport:
    """Sends GraphQL to one server, for one customer.

    What was refused for the moment (``TryAgain``, ``RATE_LIMITED``, ``UNAVAILABLE``, no answer) is sent again, the
    same to the letter, as soon as the server says, for ``patience`` seconds in all. A mutation that may have been
    done is sent again only if it has an idempotency key.
    """

    unset: object = None
    """What stands for a variable that is not given."""

    def __init__(
        self,
        url: str,
        *,
        session: Session | None = None,
        on_session: OnSession | None = None,
        patience: float = PATIENCE,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        """``url`` is the server's, without ``/graphql``. ``on_session`` is told of each session that begins, or is
        renewed, to keep it; and of None when it is over."""
        self._url = url.rstrip("/") + "/graphql"
        self._http = http or httpx.AsyncClient(timeout=10.0)
        self._patience = patience
        self._tell = on_session or (lambda _session: None)
        self._server_time: datetime | None = None
        self._renewing = Renewing(self._renew, self._tell)
        self._renewing.use(session)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    @property
    def session(self) -> Session | None:
        """Who is signed in."""
        return self._renewing.session

    def begin(self, session: Session | None) -> None:
        """Go on as this session; None: as nobody."""
        self._renewing.use(session, self._server_time)
        self._tell(session)

    async def renew(self) -> None:
        """Exchange the session's tokens now, as when what they say of the customer has changed. Errors:
        SessionExpired, Unreachable."""
        if (session := self.session) is not None:
            await self._renewing.token(besides=session.access_token)

    async def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> Payload:
        """Returns the data of any operation. Errors: RushcartError."""
        return self.get_data(await self.execute(query, None, dict(variables or {})))

    async def execute(
        self, query: str, operation_name: str | None = None, variables: Payload | None = None, **_: Any
    ) -> Payload:
        """Returns the payload of the last answer. Errors: Unreachable, SessionExpired."""
        body = {"query": query, "operationName": operation_name, "variables": self._plain(variables or {})}
        return await self._patiently(body, self._signed_in)

    def get_data(self, payload: Payload) -> Payload:
        """Errors: RequestFailed for an entry of ``errors``, Refused for an ``Error`` in the data."""
        for error in payload.get("errors") or ():
            raise failure(error)
        data: Payload = payload["data"]
        for value in data.values():
            if isinstance(value, dict) and "code" in value and "message" in value:
                raise refusal(value)
        return data

    def _plain(self, variables: Payload) -> Payload:
        given = {name: value for name, value in variables.items() if value is not self.unset}
        shown: Payload = to_jsonable_python(
            {name: _without_unset(value) for name, value in given.items()}, by_alias=True
        )
        return shown

    async def _patiently(self, body: Payload, send: Callable[[Payload], Awaitable[Payload]]) -> Payload:
        until = time.monotonic() + self._patience
        is_repeatable = _is_repeatable(body)
        for turn in count():
            backoff = min(_FIRST_WAIT * 2**turn, _LONGEST_WAIT)
            try:
                payload = await send(body)
            except Unreachable:
                if not is_repeatable or time.monotonic() + backoff > until:
                    raise
                wait = backoff
            else:
                told = _told_to_wait(payload, is_repeatable)
                if told is None or time.monotonic() + told > until:
                    return payload
                wait = max(told, _SHORTEST_WAIT)
            await asyncio.sleep(wait * random.uniform(1.0, 1.25))  # noqa: S311 - so that not all come at once
        raise AssertionError("it ends above")

    async def _signed_in(self, body: Payload) -> Payload:
        token = await self._renewing.token()
        payload = await self._post(body, token)
        if token is not None and "UNAUTHENTICATED" in _codes(payload):
            payload = await self._post(body, await self._renewing.token(besides=token))
        return payload

    async def _renew(self, refresh_token: str) -> None:
        """An answer that was lost is no harm: the server gives the same one again for a moment."""
        body = {"query": RENEW, "variables": {"input": {"refreshToken": refresh_token}}}
        payload = await self._patiently(body, lambda sent: self._post(sent, None))
        self.begin(Session.of(self.get_data(payload)["refreshSession"]))

    async def _post(self, body: Payload, token: str | None) -> Payload:
        headers = {"Accept": "application/graphql-response+json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        try:
            reply = await self._http.post(self._url, json=body, headers=headers)
            payload = reply.json()
        except (httpx.TransportError, ValueError) as error:
            raise Unreachable(f"{type(error).__name__}: no answer of the server's") from error
        if not isinstance(payload, dict) or not payload.keys() & {"data", "errors"}:
            raise Unreachable(f"status {reply.status_code} with something that is no GraphQL")
        self._server_time = _time(reply.headers.get("date"))
        return payload


def _without_unset(value: Any) -> Any:
    return (
        value.model_dump(mode="json", by_alias=True, exclude_unset=True) if isinstance(value, BaseModel) else value
    )


def _time(date: str | None) -> datetime | None:
    try:
        return None if date is None else parsedate_to_datetime(date)
    except ValueError:
        return None


def _codes(payload: Payload) -> list[str]:
    return [(error.get("extensions") or {}).get("code", "") for error in payload.get("errors") or ()]


def _is_repeatable(body: Payload) -> bool:
    """Returns whether no harm is done if it was done already."""
    values = body["variables"].values()
    return (
        not _MUTATION.search(body["query"])
        or body["query"] is RENEW
        or any(isinstance(value, dict) and value.get("idempotencyKey") for value in values)
    )


def _told_to_wait(payload: Payload, is_repeatable: bool) -> float | None:
    """Returns the seconds after which to ask again; None when there is nothing to be gained by that."""
    told = [(error.get("extensions") or {}) for error in payload.get("errors") or ()]
    told += [value for value in (payload.get("data") or {}).values() if isinstance(value, dict)]
    for one in told:
        # What is over a limit was not begun.
        if one.get("code") == "RATE_LIMITED" or (
            is_repeatable and one.get("code") in ("TRY_AGAIN", "UNAVAILABLE")
        ):
            return float(one.get("retryAfterMs", 1000)) / 1000
    return None
