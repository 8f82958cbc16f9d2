"""What keys and values of metadata may be. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

import orjson

from models.enums import MetadataType
from models.metadata_document import DefinitionDoc, Meta
from services.shared.errors import FieldProblem, InvalidInput
from services.shared.texts import text_problem

MOST_DEFINITIONS: Final = 100
"""Of one kind of owner."""
MOST_VALUES: Final = 50
"""Of one owner; and as many are changed at once."""
LONGEST_VALUE: Final = 2_000
LONGEST_JSON: Final = 5_000
MOST_TOTAL: Final = 20_000
"""Characters of all values of one owner."""
KEY_WORDS: Final = (
    "1 or 2 words with a dot between, each of 1 to 39 small letters, digits, _ or -, and begun by a letter"
)
PLAIN_NAMESPACE: Final = "custom"
"""What files have before a key of one word."""
_KEY: Final = re.compile(r"[a-z][a-z0-9_-]{0,38}(\.[a-z][a-z0-9_-]{0,38})?")
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_DECIMAL: Final = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,10})?", re.ASCII)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
_URL: Final = re.compile(r"https?://[!-~]+", re.ASCII)
_DEEPEST: Final = 10


@dataclass(frozen=True, slots=True)
class NewValue:
    """``expected``: the value that is to be replaced; None: whichever."""

    key: str
    value: str
    expected: str | None = None


@dataclass(frozen=True, slots=True)
class MetadataWish:
    """What is to be set, and the keys whose values are to be taken away."""

    values: Sequence[NewValue] = ()
    gone: Sequence[str] = ()

    @property
    def parts(self) -> Iterator[str | None]:
        """Yields what an idempotency key stands for."""
        for one in self.values:
            yield from (one.key, one.value, one.expected)
        yield from ("gone", *self.gone)

    def check_size(self) -> None:
        """Refuse too much before any store is asked. Errors: InvalidInput."""
        for name, found in (("values", self.values), ("keys", self.gone)):
            if len(found) > MOST_VALUES:
                raise InvalidInput.at(name, message=f"at most {MOST_VALUES}")
        if not self.values and not self.gone:
            raise InvalidInput.at("values", message="must not be empty")


def key_problem(key: str) -> str | None:
    if key.startswith(f"{PLAIN_NAMESPACE}."):
        return f"must not begin with {PLAIN_NAMESPACE}., which files put before a key of one word"
    return None if _KEY.fullmatch(key) else f"must be {KEY_WORDS}"


def digest(value: str) -> str:
    """Returns what a value is found by."""
    return sha256(value.encode()).hexdigest()


def canonical(type_: MetadataType, text: str) -> tuple[str, str | None]:
    """Returns the value as it is kept: alike for all that mean the same; and what is wrong with it."""
    longest = LONGEST_JSON if type_ is MetadataType.JSON else LONGEST_VALUE
    if len(text) > longest:
        return "", f"must have at most {longest} characters"
    if not text:
        return "", "must not be empty"
    if not _is_unicode(text):
        return "", "must be Unicode text"
    return _READERS[type_](text)


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _text(text: str) -> tuple[str, str | None]:
    return text, text_problem(text, LONGEST_VALUE)


def _integer(text: str) -> tuple[str, str | None]:
    if not _INTEGER.fullmatch(text):
        return "", "must be a whole number of at most 18 digits"
    return str(int(text)), None


def _decimal(text: str) -> tuple[str, str | None]:
    if not _DECIMAL.fullmatch(text):
        return "", "must be a decimal number of at most 20 digits before the point and 10 behind it"
    plain = f"{Decimal(text):f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return ("0" if plain == "-0" else plain), None


def _boolean(text: str) -> tuple[str, str | None]:
    return text, None if text in ("true", "false") else "must be true or false"


def _date(text: str) -> tuple[str, str | None]:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text).isoformat(), None
    except ValueError:
        pass
    return "", "must be a date such as 2026-11-30"


def _moment(text: str) -> tuple[str, str | None]:
    try:
        if _MOMENT.fullmatch(text):
            return datetime.fromisoformat(text.upper()).astimezone(UTC).isoformat(), None
    except (ValueError, OverflowError):
        pass
    return "", "must be a moment with its offset, such as 2026-11-30T12:00:00Z"


def _url(text: str) -> tuple[str, str | None]:
    return text, None if _URL.fullmatch(text) else "must be an http or https URL of ASCII characters"


def _json(text: str) -> tuple[str, str | None]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return "", "must be JSON"
    if _is_deeper(found, _DEEPEST):
        return "", f"must be nested at most {_DEEPEST} deep"
    return orjson.dumps(found, option=orjson.OPT_SORT_KEYS).decode(), None


def _is_deeper(found: Any, levels: int) -> bool:
    parts = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
    return levels < 0 or any(_is_deeper(part, levels - 1) for part in parts)


_READERS: Final[Mapping[MetadataType, Callable[[str], tuple[str, str | None]]]] = {
    MetadataType.TEXT: _text,
    MetadataType.INTEGER: _integer,
    MetadataType.DECIMAL: _decimal,
    MetadataType.BOOLEAN: _boolean,
    MetadataType.DATE: _date,
    MetadataType.DATE_TIME: _moment,
    MetadataType.URL: _url,
    MetadataType.JSON: _json,
}

NO_KEY: Final = "is not the key of a definition"


def changed(before: Meta, wish: MetadataWish, defined: Mapping[str, DefinitionDoc]) -> dict[str, str]:
    """Returns the values after the change, without those whose definition is gone; ``defined`` by key.

    Errors: InvalidInput with every problem, at ``input.values.0.value`` and the like.
    """
    wish.check_size()
    problems: list[FieldProblem] = []
    live = {one.id.hex for one in defined.values()}
    after = {id_: value for id_, value in before.items() if id_ in live}
    for place, key in enumerate(wish.gone):
        if key in defined:
            after.pop(defined[key].id.hex, None)
        else:
            problems.append(FieldProblem(("input", "keys", str(place)), NO_KEY))
    for place, one in enumerate(wish.values):
        problems += [
            FieldProblem(("input", "values", str(place), name), message)
            for name, message in _set(after, one, defined.get(one.key))
        ]
    if len(after) > MOST_VALUES or sum(map(len, after.values())) > MOST_TOTAL:
        message = f"would make it more than {MOST_VALUES} values or {MOST_TOTAL} characters"
        problems.append(FieldProblem(("input", "values"), message))
    if problems:
        raise InvalidInput(problems)
    return after


def _set(after: dict[str, str], one: NewValue, definition: DefinitionDoc | None) -> Iterator[tuple[str, str]]:
    """Set a value, or yield what is wrong with it."""
    if definition is None:
        yield "key", NO_KEY
        return
    value, problem = canonical(definition.type, one.value)
    if problem:
        yield "value", problem
        return
    id_ = definition.id.hex
    if one.expected is not None and after.get(id_) != canonical(definition.type, one.expected)[0]:
        yield "expected", "is not the value any more"
        return
    after[id_] = value
