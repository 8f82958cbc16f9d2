"""Values for arguments: what somebody would send, what nobody would, and the ends of what is possible."""

import random
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLNullableInputType,
    get_named_type,
)

from fuzz.known import Known
from fuzz.words import (
    BAD,
    DATES,
    DECIMALS,
    FLOATS,
    INTS,
    LIKELY,
    LIKELY_DECIMALS,
    LIKELY_INTS,
    STRINGS,
    TIMES,
)

_SANE, _WILD = 0.02, 0.3
_NULLS: Final = 0.3
_WRONG_TYPES: Final = 0.02
_HALVES: Final = 0.01
"""Of strange values, those of a pair of surrogates: JSON can say them, UTF-8 cannot."""
_DEEPEST: Final = 3
_UNIQUE: Final = frozenset({"sku", "slug", "code", "email"})
_LATER: Final = ("ends", "until", "expires")


class Values:
    """``dice`` decides; ``known`` is what the shop is known to have. ``strange`` is how often a value is one that
    nobody would send: one is enough to have a mutation refused, so half of the operations have next to none."""

    def __init__(self, dice: random.Random, known: Known) -> None:
        self._dice = dice
        self._known = known
        self._strange = _SANE
        self._scalars: dict[str, Callable[[str], object]] = {
            "Int": self._int,
            "Float": lambda _: dice.choice(FLOATS),
            "Boolean": lambda _: dice.random() < 0.5,
            "String": self._string,
            "ID": self._id,
            "Decimal": lambda _: dice.choice(DECIMALS if self._is_strange() else LIKELY_DECIMALS),
            "DateTime": self._time,
            "Date": lambda _: dice.choice(DATES),
            "Upload": lambda _: "a file comes in a form",
            "JSON": lambda _: dice.choice(({}, [], None, {"a": [1, {"b": None}]}, "x")),
        }

    def begin(self) -> None:
        """Decide how strange the values of another operation are."""
        self._strange = self._dice.choice((_SANE, _WILD))

    def of(self, type_: GraphQLInputType, hint: str, depth: int = 0) -> Any:
        """Returns a value as JSON has it; ``hint`` is what it is called, from the outside in."""
        if isinstance(type_, GraphQLNonNull):
            return self._present(type_.of_type, hint, depth)
        return None if self._is_strange(_NULLS) else self._present(type_, hint, depth)

    def _is_strange(self, share: float = 1.0) -> bool:
        return self._dice.random() < self._strange * share

    def _present(self, type_: GraphQLNullableInputType, hint: str, depth: int) -> Any:
        if isinstance(type_, GraphQLList):
            length = self._dice.choice((0, 1, 3, 30) if self._is_strange() else (1, 1, 1, 2))
            return [self.of(type_.of_type, hint, depth + 1) for _ in range(length)]
        if isinstance(type_, GraphQLEnumType):
            return self._dice.choice(list(type_.values))
        if isinstance(type_, GraphQLInputObjectType):
            return self._object(type_, hint, depth)
        if type_.name in BAD and self._is_strange(_WRONG_TYPES):
            return self._dice.choice(BAD[type_.name])
        return self._scalars[type_.name](hint)

    def _object(self, type_: GraphQLInputObjectType, hint: str, depth: int) -> dict[str, Any]:
        fields = list(type_.fields.items())
        if type_.is_one_of:
            wanted = [self._dice.choice(fields)]
        else:
            likely = self._dice.choice((0.2, 0.5, 0.8))
            wanted = [(name, field) for name, field in fields if self._is_wanted(field, depth, likely)]
        return {name: self.of(field.type, f"{hint} {name}", depth + 1) for name, field in wanted}

    def _is_wanted(self, field: GraphQLInputField, depth: int, likely: float) -> bool:
        if isinstance(field.type, GraphQLNonNull):
            return True
        deeper = isinstance(get_named_type(field.type), GraphQLInputObjectType)
        return not (deeper and depth >= _DEEPEST) and self._dice.random() < likely

    def _int(self, hint: str) -> int:
        if "ersion" in hint and self._known.versions and self._dice.random() < 0.6:
            return self._dice.choice(self._known.versions)
        return self._dice.choice(INTS if self._is_strange() else LIKELY_INTS)

    def _time(self, hint: str) -> str:
        if self._is_strange():
            return self._dice.choice(TIMES)
        days = 30 if any(word in hint.rpartition(" ")[2].lower() for word in _LATER) else self._dice.choice((0, 1))
        return (datetime.now(UTC) + timedelta(days=days)).isoformat()

    def _string(self, hint: str) -> str:
        field, name = hint.partition(" ")[0], hint.rpartition(" ")[2]
        if self._is_strange():
            return "\ud800" if self._dice.random() < _HALVES else self._dice.choice(STRINGS)
        if name in ("after", "before"):
            return self._cut(self._dice.choice(self._known.cursors.get(field) or ("",)))
        if name == "idempotencyKey":
            return f"{self._dice.getrandbits(12):024x}"
        if name in _UNIQUE and field.startswith(("create", "register", "bulkCreate")):
            new = f"{self._dice.getrandbits(32):x}"
            return f"{new}@example.com" if name == "email" else new.upper() if name in ("sku", "code") else new
        return self._dice.choice(self._words(name) or STRINGS)

    def _words(self, name: str) -> Sequence[str]:
        """Returns what things of that name are called here, or are likely to be."""
        lower = name.lower()
        seen = next((words for known, words in self._known.words.items() if known.lower() == lower), ())
        return [*seen, *next((words for known, words in LIKELY.items() if known in lower), ())]

    def _cut(self, text: str) -> str:
        """Returns the text, at times with something amiss."""
        if not self._is_strange():
            return text
        place = self._dice.randrange(len(text) + 1)
        return text[:place] + self._dice.choice(("", "A", "=", "é", text)) + text[place + 1 :]

    def _id(self, hint: str) -> str:
        if not self._is_strange() and (found := self._known.id_for(self._dice, hint)):
            return found
        luck = self._dice.random()
        if luck < 0.5 and (found := self._known.id_for(self._dice, "")):
            return self._cut(found)
        if luck < 0.9:
            name = self._dice.choice(("Product", "Order", "User", "Nobody", "", "Cart", "FlashSaleItem"))
            key = UUID(int=self._dice.choice((0, 2**128 - 1, self._dice.getrandbits(128))))
            return urlsafe_b64encode(f"{name}:{key.hex}".encode()).rstrip(b"=").decode()
        return self._dice.choice(STRINGS)
