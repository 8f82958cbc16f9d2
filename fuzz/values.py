"""Values for arguments: what somebody would send, what nobody would, and the ends of what is possible."""

import random
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
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

_LIKELY_INTS: Final = (1, 1, 2, 2, 3, 5, 10, 20)
_INTS: Final = (0, -1, 50, 100, 101, 365, 1_000, 10**6, 2**31 - 1, -(2**31))
_LIKELY_DECIMALS: Final = ("9.90", "1", "0.50", "100")
_FLOATS: Final = (0.0, -0.0, 1.5, -1.0, 1e308, 5e-324)
_DECIMALS: Final = (
    *("0", "0.00", "0.001", "-1", "1e3", "1E+30", "1e-30", "99999999999999999999", "9" * 400),
    *("92233720368547758.07", "92233720368547758.08", "1e999999999"),
)
_TIMES: Final = (
    *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999Z"),
    *("9999-12-31T23:59:59-14:00", "1969-12-31T23:59:59Z", "2026-11-30T12:00:00Z", "2026-12-30T12:00:00+05:30"),
    *("2027-03-28T02:30:00Z", "2038-01-19T03:14:08Z", "2024-02-29T00:00:00Z"),
)
_DATES: Final = ("0001-01-01", "0001-01-02", "9999-12-30", "9999-12-31", "2026-11-30", "2026-12-01", "1970-01-01")
_STRINGS: Final = (
    *(
        "",
        " ",
        "x",
        "tee",
        "red shirt",
        "Ada",
        "ada@example.com",
        "rushcart",
        "EUR",
        "USD",
        "de",
        "en",
        "US",
        "DE",
    ),
    *("0", "-1", "NaN", "null", "true", "1e999", "' OR '1'='1", "%", "_", "\\", "*", '"', "a" * 256, "é" * 300),
    *("x" * 5_000, "\u0000", "a\u0000b", "\u202eevil", "\ufdfa" * 20, "👩‍👩‍👧‍👦" * 30, "\n\r\t", "ﬁ", "İ", "ß"),
    *("../../x", "http://127.0.0.1:9/", "https://shop.example/hook", "javascript:x", "data:,x", "2026-11-30"),
    *("Bearer x", "rushcart_x", "a.b.c", "=", "AAAA", "eyJhIjoxfQ", "e30", "bnVsbA==", "WzFd", "WzFlOTk5LDFd"),
    *(
        "correct horse battery staple",
        "12345678",
        "10115",
        "+49 30 1234567",
        "Europe/Berlin",
        "standard",
        "sandbox",
    ),
    *("manual", "x@y", "@", "a@b.example", "0x10", "١٢٣", "１２", "½", "SKU-1", "sku 2", "-", "--", ".", "a" * 64),
)
_LIKELY: Final[dict[str, tuple[str, ...]]] = {
    "currency": ("USD", "USD", "EUR", "JPY", "KWD"),
    "country": ("US", "DE", "JP", "GB"),
    "email": ("ada@example.com", "early@example.com"),
    "password": ("correct horse battery staple",),
    "title": ("Red tee", "夜市"),
    "name": ("Ada Lovelace", "North", "x"),
    "search": ("tee", "red tee", "ru"),
    "slug": ("red-tee", "x"),
    "sku": ("RUSH-TEE", "RED-TEE"),
    "code": ("SPRING10", "NORTH"),
    "locale": ("en", "zh-Hans"),
    "provider": ("manual", "sandbox"),
    "url": ("http://127.0.0.1:9/hook", "https://shop.example/a.png"),
    "note": ("Damaged", ""),
    "reason": ("Damaged",),
    "carrier": ("DHL",),
    "line1": ("1 Main Street",),
    "city": ("Berlin",),
    "postalCode": ("10115", "94103"),
    "phone": ("+49 30 1234567",),
}
_BAD: Final[dict[str, tuple[object, ...]]] = {
    "Int": (2**31, 1.5, "1", True),
    "Float": ("x", True),
    "Boolean": ("true", 1),
    "String": (1, ["x"], {"a": 1}),
    "ID": (1.5, ["x"], {}),
    "Decimal": ("NaN", "Infinity", "-Infinity", "x", "", 1.5, "1_0", "0x1"),
    "DateTime": (
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "now",
        "",
        0,
        "2026-11-30",
    ),
    "Date": ("0000-01-01", "2026-02-30", "today", "", 20261130, "2026-W01-1", "20261130"),
}
_STRANGE: Final = 0.3
"""Of values, those that nobody would send."""
_HALF_A_PAIR: Final = 0.002
"""Of strings, those that cannot be written as UTF-8."""
_WRONG_TYPE: Final = 0.005
_NULL: Final = 0.1
_LEFT_OUT: Final = 0.5
_DEEPEST: Final = 3


class Values:
    """``dice`` decides; ``known`` is what the shop is known to have."""

    def __init__(self, dice: random.Random, known: Known) -> None:
        self._dice = dice
        self._known = known
        self._scalars: dict[str, Callable[[str], object]] = {
            "Int": self._int,
            "Float": lambda _: dice.choice(_FLOATS),
            "Boolean": lambda _: dice.random() < 0.5,
            "String": self._string,
            "ID": self._id,
            "Decimal": lambda _: dice.choice(_DECIMALS if dice.random() < _STRANGE else _LIKELY_DECIMALS),
            "DateTime": lambda _: dice.choice(_TIMES),
            "Date": lambda _: dice.choice(_DATES),
            "Upload": lambda _: "a file comes in a form",
            "JSON": lambda _: dice.choice(({}, [], None, {"a": [1, {"b": None}]}, "x")),
        }

    def of(self, type_: GraphQLInputType, hint: str, depth: int = 0) -> Any:
        """Returns a value as JSON has it; ``hint`` is what it is called, from the outside in."""
        if isinstance(type_, GraphQLNonNull):
            return self._present(type_.of_type, hint, depth)
        return None if self._dice.random() < _NULL else self._present(type_, hint, depth)

    def _present(self, type_: GraphQLNullableInputType, hint: str, depth: int) -> Any:
        if isinstance(type_, GraphQLList):
            return [self.of(type_.of_type, hint, depth + 1) for _ in range(self._length())]
        if isinstance(type_, GraphQLEnumType):
            return self._dice.choice(list(type_.values))
        if isinstance(type_, GraphQLInputObjectType):
            return self._object(type_, hint, depth)
        if type_.name in _BAD and self._dice.random() < _WRONG_TYPE:
            return self._dice.choice(_BAD[type_.name])
        return self._scalars[type_.name](hint)

    def _length(self) -> int:
        return self._dice.choice((0, 1, 1, 1, 1, 2, 2, 3))

    def _object(self, type_: GraphQLInputObjectType, hint: str, depth: int) -> dict[str, Any]:
        fields = list(type_.fields.items())
        if type_.is_one_of:
            wanted = [self._dice.choice(fields)]
        else:
            wanted = [(name, field) for name, field in fields if self._is_wanted(field, depth)]
        return {name: self.of(field.type, f"{hint} {name}", depth + 1) for name, field in wanted}

    def _is_wanted(self, field: GraphQLInputField, depth: int) -> bool:
        if isinstance(field.type, GraphQLNonNull):
            return True
        deeper = isinstance(get_named_type(field.type), GraphQLInputObjectType)
        return not (deeper and depth >= _DEEPEST) and self._dice.random() > _LEFT_OUT

    def _int(self, hint: str) -> int:
        if "ersion" in hint and self._known.versions and self._dice.random() < 0.8:
            return self._dice.choice(self._known.versions)
        return self._dice.choice(_INTS if self._dice.random() < _STRANGE else _LIKELY_INTS)

    def _string(self, hint: str) -> str:
        name = hint.rpartition(" ")[2]
        if name in ("after", "before") and self._dice.random() < 0.8:
            return self._cut(self._dice.choice(self._known.cursors.get(hint.partition(" ")[0]) or ("",)))
        if name == "idempotencyKey" and self._dice.random() < 0.8:
            return f"{self._dice.getrandbits(12):024x}"
        if self._dice.random() < _HALF_A_PAIR:
            return "\ud800"
        if self._dice.random() < _STRANGE:
            return self._dice.choice(_STRINGS)
        return self._dice.choice(self._words(name) or _STRINGS)

    def _words(self, name: str) -> Sequence[str]:
        """Returns what things of that name are called here, or are likely to be."""
        lower = name.lower()
        seen = next((words for known, words in self._known.words.items() if known.lower() in lower), ())
        return [*seen, *next((words for known, words in _LIKELY.items() if known.lower() in lower), ())]

    def _cut(self, text: str) -> str:
        """Returns the text, at times with something amiss."""
        if self._dice.random() < 0.7:
            return text
        place = self._dice.randrange(len(text) + 1)
        return text[:place] + self._dice.choice(("", "A", "=", "é", text)) + text[place + 1 :]

    def _id(self, hint: str) -> str:
        luck = self._dice.random()
        if luck < 0.75 and (found := self._known.id_for(self._dice, hint)):
            return found
        if luck < 0.85 and (found := self._known.id_for(self._dice, "")):
            return self._cut(found)
        if luck < 0.95:
            name = self._dice.choice(("Product", "Order", "User", "Nobody", "", "Cart", "FlashSaleItem"))
            key = UUID(int=self._dice.choice((0, 2**128 - 1, self._dice.getrandbits(128))))
            return urlsafe_b64encode(f"{name}:{key.hex}".encode()).rstrip(b"=").decode()
        return self._dice.choice(_STRINGS)
