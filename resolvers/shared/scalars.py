"""The scalars. Decimal and DateTime are exact on the way out and strict on the way in."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar

import strawberry
from graphql import FloatValueNode, GraphQLError, IntValueNode, StringValueNode, ValueNode
from strawberry.types.scalar import ScalarDefinition

from resolvers.shared.upload import UPLOAD
from services.media.rules import Upload

T = TypeVar("T")
_DECIMAL = re.compile(r"-?\d{1,40}(\.\d{1,40})?(e[+-]?\d{1,2})?", re.IGNORECASE | re.ASCII)
_DATE_TIME = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?", re.IGNORECASE | re.ASCII
)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def serialize_decimal(value: object) -> str:
    """Write a plain decimal string that keeps the exponent, ``"10.00"``; never scientific."""
    if not isinstance(value, Decimal) or not value.is_finite():
        raise TypeError(f"Decimal cannot represent {_shown(value)}")
    return f"{value:f}"


def parse_decimal(value: object) -> Decimal:
    """Read a decimal from a string or an integer; a JSON float is taken as it is written (the shortest that reads
    back)."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        text = value if isinstance(value, str) else repr(value)
        if _DECIMAL.fullmatch(text):
            try:
                return Decimal(text)
            except InvalidOperation:
                pass
    raise GraphQLError(f'Decimal cannot represent {_shown(value)}: it takes a finite number such as "19.99".')


def _decimal_literal(node: ValueNode, _variables: object = None) -> Decimal:
    if isinstance(node, StringValueNode | IntValueNode | FloatValueNode):
        return _placed(parse_decimal, node)
    raise GraphQLError('Decimal cannot represent this: a decimal number such as "19.99" is needed.', node)


def _datetime_literal(node: ValueNode, _variables: object = None) -> datetime:
    if isinstance(node, StringValueNode):
        return _placed(parse_datetime, node)
    raise GraphQLError("DateTime cannot represent this: write it as 2030-01-31T09:00:00Z.", node)


def _placed(parse: Callable[[object], T], node: StringValueNode | IntValueNode | FloatValueNode) -> T:
    """An error that says where in the query it is."""
    try:
        return parse(node.value)
    except GraphQLError as error:
        raise GraphQLError(error.message, node) from None


def serialize_datetime(value: object) -> str:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError(f"DateTime cannot represent {_shown(value)}")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_datetime(value: object) -> datetime:
    """Read RFC 3339 with a zone, turned to UTC; digits beyond microseconds are dropped."""
    match = _DATE_TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise GraphQLError(f"DateTime cannot represent {_shown(value)}: write it as 2030-01-31T09:00:00Z.")
    moment, fraction, zone = match.groups()
    if zone is None:
        raise GraphQLError(f"DateTime cannot represent {_shown(value)}: the zone is missing, end it with Z.")
    micros = (fraction or "0").ljust(6, "0")[:6]
    try:
        return datetime.fromisoformat(f"{moment.upper()}.{micros}{zone.upper()}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise GraphQLError(f"DateTime cannot represent {_shown(value)}: there is no such time.") from None


SCALARS: dict[object, ScalarDefinition] = {
    Decimal: strawberry.scalar(
        name="Decimal",
        description="An exact decimal number, as a string.",
        serialize=serialize_decimal,
        parse_value=parse_decimal,
        parse_literal=_decimal_literal,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="A time in UTC as RFC 3339 writes it.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
        serialize=serialize_datetime,
        parse_value=parse_datetime,
        parse_literal=_datetime_literal,
    ),
    Upload: UPLOAD,
}
