"""Every event that a test causes is held against its schema, as it is put into the outbox."""

from typing import Any

import jsonschema
from sqlalchemy import Insert, event
from sqlalchemy.engine import Engine

from infra.changes import TOPIC as CHANGES
from models import OutboxMessage
from services.shared.asyncapi import envelope_schema
from services.shared.event import KINDS

SEEN: set[str] = set()
PROBLEMS: list[str] = []
_VALIDATORS = {
    kind: jsonschema.Draft202012Validator(envelope_schema(kind), format_checker=jsonschema.FormatChecker())
    for kind in KINDS
}


def problems_of(envelope: dict[str, Any]) -> list[str]:
    kind = envelope.get("type", "")
    if kind not in _VALIDATORS:
        return [f"{kind} is not in services/shared/events.py"]
    SEEN.add(kind)
    return [f"{kind}: {error.json_path}: {error.message}" for error in _VALIDATORS[kind].iter_errors(envelope)]


def watch_outbox() -> None:
    """From now on, in this process."""
    event.listen(Engine, "before_execute", _look)


def _look(
    _connection: object, statement: object, many: list[dict[str, Any]], one: dict[str, Any], _options: object
) -> None:
    if not isinstance(statement, Insert) or statement.table.name != OutboxMessage.__tablename__:
        return
    for row in many or [one]:
        is_ours = str(row["envelope"].get("type", "")).startswith("rushcart.")
        if row["topic"] == CHANGES or not is_ours:
            continue  # for other processes alone, or a test's own
        if row["topic"] != KINDS[row["envelope"]["type"]].topic:
            PROBLEMS.append(f"{row['envelope']['type']} in {row['topic']}")
        if row["key"] != row["envelope"]["subject"]:
            PROBLEMS.append(f"{row['envelope']['type']} of {row['envelope']['subject']} has the key {row['key']}")
        PROBLEMS.extend(problems_of(row["envelope"]))
