"""Send operation after operation, and look at each answer."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import GraphQLSchema

from fuzz.author import Author, Operation
from fuzz.known import Known
from fuzz.shop import ACTORS, Send, sign_in
from fuzz.values import Values
from infra.runtime import Infra

SAMPLE = False
_BEGINNING: Final = """mutation ($variant: ID!, $item: ID!) {
  addAddress(input: {
    recipient: "Ada Lovelace", phone: "+49 30 1234567", line1: "Hauptstr. 1", countryCode: "DE", city: "Berlin"
    postalCode: "10115"
  }) { ... on Address { __typename id } }
  addCartItem(input: {variantId: $variant, quantity: 1}) {
    ... on CartPayload { cart { __typename id items { __typename id } } }
  }
  placeFlashOrder(input: {itemId: $item, quantity: 1, idempotencyKey: "the first"}) {
    ... on Order { __typename id number lines { __typename id } }
  }
}"""
SLOW: Final = 1.0
_FIRST_LOOK: Final = """{
  products(first: 20) { edges { cursor node { __typename id slug version variants { __typename id sku } } } }
  flashSales(first: 10) { edges { cursor node { __typename id items { __typename id } } } }
  categories { __typename id slug }
  orders(first: 10) {
    edges { cursor node { __typename id number payments { __typename id } lines { __typename id } } }
  }
  users(first: 5) { edges { cursor node { __typename id email } } }
  warehouses { __typename id code }
}"""
_INTERNAL: Final = "INTERNAL"
_LASTS: Final = 1_000
"""Operations after which an actor is another one: what it did may have locked it out."""
_AGAIN: Final = 0.9
_TELLS_EVERY: Final = 200
_KEPT_FAULTS: Final = 100

Progress = Callable[[int], None]
"""Told how many operations are done."""


@dataclass(frozen=True, slots=True)
class Fault:
    """``what`` came as the answer of ``actor``'s operation, at these root fields."""

    what: str
    actor: str
    fields: tuple[str, ...]
    operation: Operation
    answer: str


@dataclass(slots=True)
class Outcome:
    """``results`` counts root fields by what they came to: the type's name, or an error's code."""

    operations: int = 0
    documents: int = 0
    root_fields: int = 0
    seconds: float = 0.0
    slow: list[tuple[float, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    results: Counter[str] = field(default_factory=Counter)
    worked: Counter[str] = field(default_factory=Counter)
    """Root fields that had data, by name."""
    tried: Counter[str] = field(default_factory=Counter)


async def run_fuzz(
    infra: Infra,
    send: Send,
    schema: GraphQLSchema,
    *,
    seed: int,
    operations: int,
    progress: Progress | None = None,
) -> Outcome:
    """Try so many; which ones, is by ``seed`` and by what the shop answers. ``infra`` makes accounts."""
    fuzz = _Fuzz(infra, send, schema, seed)
    await fuzz.look_around()
    for number in range(operations):
        await fuzz.one()
        if progress is not None and number % _TELLS_EVERY == 0:
            progress(number)
    if progress is not None:
        progress(operations)
    return fuzz.outcome


class _Fuzz:
    def __init__(self, infra: Infra, send: Send, schema: GraphQLSchema, seed: int) -> None:
        self._infra = infra
        self._send = send
        self._dice = random.Random(seed)
        self._known = Known()
        self._author = Author(schema, self._dice, Values(self._dice, self._known))
        self._tokens: dict[str, tuple[str, int]] = {}
        self._written: Operation | None = None
        self.outcome = Outcome()

    async def look_around(self) -> None:
        _, body = await self._send(json.dumps({"query": _FIRST_LOOK}).encode(), await self._token("administrator"))
        self._known.learn(json.loads(body)["data"])

    async def one(self) -> None:
        operation = self._operation()
        [actor] = self._dice.choices(list(ACTORS), list(ACTORS.values()))
        token = await self._token(actor)
        begun = time.perf_counter()
        status, body = await self._ask(operation, token)
        took = time.perf_counter() - begun
        if status == 401:
            self._tokens.pop(actor, None)
        self._count(operation, took)
        self._look(_Asked(operation, actor, body), status)

    async def _ask(self, operation: Operation, token: str) -> tuple[int, bytes]:
        try:
            return await self._send(operation.body(), token)
        except (Exception, asyncio.CancelledError) as error:
            if (task := asyncio.current_task()) and task.cancelling():
                raise
            return 0, f"no answer: {error!r}".encode()

    def _operation(self) -> Operation:
        """Returns a new document, or one more time the one of before with other variables."""
        again = self._written is not None and self._written.slots and self._dice.random() < _AGAIN
        if again and self._written:
            self._written = self._author.vary(self._written)
        else:
            self._written = self._author.write()
            self.outcome.documents += 1
        return self._written

    async def _token(self, actor: str) -> str:
        token, left = self._tokens.get(actor) or (await self._enter(actor), _LASTS)
        self._tokens[actor] = token, left - 1
        if left == 1:
            del self._tokens[actor]
        return token

    async def _enter(self, actor: str) -> str:
        """Sign in, and have an address, a cart and an order, as far as one may."""
        token, names = await sign_in(self._infra, actor), {"variant": "Variant", "item": "FlashSaleItem"}
        variables = {name: self._known.id_for(self._dice, type_) for name, type_ in names.items()}
        if None not in variables.values():
            _, body = await self._send(json.dumps({"query": _BEGINNING, "variables": variables}).encode(), token)
            self._known.learn(json.loads(body).get("data"))
        return token

    def _count(self, operation: Operation, took: float) -> None:
        self.outcome.operations += 1
        self.outcome.root_fields += len(operation.fields)
        self.outcome.tried.update(operation.fields.values())
        self.outcome.seconds += took
        if took > SLOW:
            self.outcome.slow.append((took, operation.text))

    def _look(self, asked: "_Asked", status: int) -> None:
        try:
            answer = json.loads(asked.body)
        except ValueError:
            self._fault(f"{status}, not JSON", asked, asked.operation.fields.values())
            return
        if status >= 500:
            self._fault(f"HTTP {status}", asked, asked.operation.fields.values())
        self._look_at_errors(asked, answer.get("errors") or [])
        self._look_at_data(asked, answer.get("data") or {})

    def _look_at_errors(self, asked: "_Asked", errors: list[dict[str, Any]]) -> None:
        for error in errors:
            code = str(error.get("extensions", {}).get("code", "without a code"))
            self.outcome.results[code] += 1
            if code == _INTERNAL:
                at = str((error.get("path") or ["?"])[0])
                self._fault(code, asked, [asked.operation.fields.get(at, at)])

    def _look_at_data(self, asked: "_Asked", data: dict[str, Any]) -> None:
        for alias, value in data.items():
            self.outcome.results[_name(value)] += 1
            if value is not None and not _is_error(value):
                self.outcome.worked[asked.operation.fields[alias]] += 1
        self._known.learn(data)

    def _fault(self, what: str, asked: "_Asked", fields: Iterable[str]) -> None:
        if len(self.outcome.faults) < _KEPT_FAULTS:
            shown = asked.body[:1_000].decode("utf-8", "replace")
            self.outcome.faults.append(Fault(what, asked.actor, tuple(fields), asked.operation, shown))


@dataclass(frozen=True, slots=True)
class _Asked:
    """``body`` is of the answer."""

    operation: Operation
    actor: str
    body: bytes


def _is_error(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() >= {"code", "message"}


def _name(value: Any) -> str:
    return str(value.get("__typename", "object")) if isinstance(value, dict) else type(value).__name__
