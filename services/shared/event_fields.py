"""What a field of an event's data is in JSON: its schema (2020-12), how it is written and how it is read."""

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

Schema = dict[str, Any]


class Says:
    """What the schema says besides the type: ``Annotated[int, Says(minimum=0)]``."""

    def __init__(self, **keywords: object) -> None:
        self.keywords = keywords


Sku = Annotated[str, Says(minLength=1, maxLength=64)]
Units = Annotated[int, Says(minimum=0)]
Minor = Annotated[int, Says(description="Minor units of the currency.")]
Currency = Annotated[str, Says(pattern="^[A-Z]{3}$", description="ISO 4217.")]


@dataclass(frozen=True, slots=True)
class Codec:
    schema: Schema
    write: Callable[[Any], object] = lambda value: value
    read: Callable[[Any], object] = lambda raw: raw


@dataclass(frozen=True, slots=True)
class Field:
    """``may_lack``: consumers must do without it. It is left out where its value is None."""

    name: str
    key: str
    codec: Codec
    may_lack: bool


_PLAIN: dict[object, Codec] = {
    str: Codec({"type": "string"}, read=str),
    int: Codec({"type": "integer"}, read=int),
    bool: Codec({"type": "boolean"}, read=bool),
    UUID: Codec(
        {"type": "string", "pattern": "^[0-9a-f]{32}$", "description": "A UUID in hex."}, lambda id_: id_.hex, UUID
    ),
    datetime: Codec({"type": "string", "format": "date-time"}, datetime.isoformat, datetime.fromisoformat),
}
_KNOWN: dict[object, tuple[Field, ...]] = {}


def fields_of(class_: Any) -> tuple[Field, ...]:
    """Returns a dataclass's fields in their order; in JSON their names are in camelCase."""
    if class_ not in _KNOWN:
        hints = get_type_hints(class_, include_extras=True)
        found = ((one.name, hints[one.name], one.default is not MISSING) for one in fields(class_))
        _KNOWN[class_] = tuple(_field(name, hint, may_lack=may) for name, hint, may in found)
    return _KNOWN[class_]


def object_schema(class_: Any) -> Schema:
    """Returns the schema of an object. Consumers must take properties that they do not know: more may come."""
    found = fields_of(class_)
    required = [field for field in found if not field.may_lack]
    lacking = [field for field in found if field.may_lack]
    return {
        "type": "object",
        "properties": {field.key: field.codec.schema for field in (*required, *lacking)},
        "required": [field.key for field in required],
    }


def write_object(value: Any) -> dict[str, object]:
    found = ((field, getattr(value, field.name)) for field in fields_of(type(value)))
    return {field.key: field.codec.write(part) for field, part in found if part is not None or not field.may_lack}


def read_fields(class_: Any, raw: dict[str, Any]) -> dict[str, Any]:
    """Read values by the fields' names. Errors: KeyError, TypeError, ValueError and their like."""
    found = fields_of(class_)
    return {
        field.name: field.codec.read(raw[field.key]) for field in found if field.key in raw or not field.may_lack
    }


def _field(name: str, hint: Any, *, may_lack: bool) -> Field:
    first, *others = name.split("_")
    codec = _codec(_without_none(hint) if may_lack else hint)
    return Field(name, first + "".join(map(str.capitalize, others)), codec, may_lack)


def _codec(hint: Any) -> Codec:
    if hint in _PLAIN:
        return _PLAIN[hint]
    if get_origin(hint) is Annotated:
        inner, *extras = get_args(hint)
        codec = _codec(inner)
        said = {key: value for extra in extras for key, value in extra.keywords.items()}
        return Codec(codec.schema | said, codec.write, codec.read)
    if get_origin(hint) is tuple:
        return _many(_codec(get_args(hint)[0]))
    if get_origin(hint) in (Union, UnionType):
        return _or_none(_codec(_without_none(hint)))
    return _of_class(hint)


def _of_class(class_: Any) -> Codec:
    if issubclass(class_, StrEnum):
        return Codec({"enum": [one.value for one in class_]}, lambda one: one.value, class_)
    if hasattr(class_, "from_json"):  # a document: whoever names it says its schema
        return Codec({}, class_.to_json, class_.from_json)
    return Codec(object_schema(class_), write_object, lambda raw: class_(**read_fields(class_, raw)))


def _many(of: Codec) -> Codec:
    schema = {"type": "array", "items": of.schema}
    return Codec(schema, lambda parts: [of.write(part) for part in parts], lambda raw: tuple(map(of.read, raw)))


def _or_none(of: Codec) -> Codec:
    return Codec(
        {"anyOf": [of.schema, {"type": "null"}]},
        lambda value: None if value is None else of.write(value),
        lambda raw: None if raw is None else of.read(raw),
    )


def _without_none(hint: Any) -> Any:
    parts = [part for part in get_args(hint) if part is not type(None)]
    return parts[0] if get_origin(hint) in (Union, UnionType) and len(parts) == 1 else hint
