"""Spans of what stores are asked: statements and commands without their values.

Libraries' instrumentation makes them; what it leaves out, or says otherwise than the conventions, is put right.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from opentelemetry.semconv.attributes.db_attributes import (
    DB_NAMESPACE,
    DB_OPERATION_BATCH_SIZE,
    DB_OPERATION_NAME,
    DB_SYSTEM_NAME,
)
from opentelemetry.trace import Span
from redis.asyncio.client import Pipeline
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.telemetry import tracing
from infra.telemetry.conventions import Attributes, peer, pipeline_name

_STATEMENT: Final = "before_cursor_execute"


def trace_stores(engines: Sequence[AsyncEngine], servers: Iterable[tuple[Any, Attributes]]) -> None:
    """Trace the stores, when traces are on. ``engines``: databases. ``servers``: clients of Redis, and what is
    said of them."""
    if not tracing.is_on():
        return
    from opentelemetry.instrumentation.redis import RedisInstrumentor
    from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor

    # It says that it is for SQLAlchemy < 2.1, and works with 2.1.
    tracing.at_end(_forget_database)
    SQLAlchemyInstrumentor().instrument(
        engines=[engine.sync_engine for engine in engines],
        skip_dep_check=True,
        tracer_provider=tracing.provider(),
    )
    for engine in engines:
        # After the library's, which begins the span.
        event.listen(engine.sync_engine, _STATEMENT, _describe_statement)
        tracing.at_end(partial(event.remove, engine.sync_engine, _STATEMENT, _describe_statement))
    for client, attributes in servers:
        RedisInstrumentor.instrument_client(
            client,
            tracer_provider=tracing.provider(),
            request_hook=partial(_describe_command, attributes),
            response_hook=partial(_describe_pipeline, attributes),
        )


def _forget_database() -> None:
    """Undo what ``trace_stores`` did to the database's library."""
    from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor

    if SQLAlchemyInstrumentor().is_instrumented_by_opentelemetry:
        SQLAlchemyInstrumentor().uninstrument()


def _describe_statement(
    connection: Connection, _cursor: object, statement: str, _parameters: object, context: Any, _many: bool
) -> None:
    span: Span | None = getattr(context, "_otel_span", None)
    if span is None or not span.is_recording():
        return
    dialect, database = connection.dialect, connection.engine.url.database or ""
    is_file = dialect.name == "sqlite"
    system = "mariadb" if getattr(dialect, "is_mariadb", False) else dialect.name
    namespace = Path(database).name if is_file else database
    operation = statement.split(None, 1)[0].upper()
    span.update_name(operation if is_file else f"{operation} {namespace}")
    span.set_attributes(
        {DB_SYSTEM_NAME: system, DB_NAMESPACE: namespace, DB_OPERATION_NAME: operation}
        | ({} if is_file else peer(system))
    )


def _describe_command(redis: Attributes, span: Span, _client: object, args: tuple[Any, ...], _kw: object) -> None:
    span.set_attributes({**redis, DB_OPERATION_NAME: str(args[0])})


def _describe_pipeline(redis: Attributes, span: Any, client: object, replies: object) -> None:
    """The library has no hook that comes before a pipeline; its span is named after all the commands."""
    if not isinstance(client, Pipeline) or not span.is_recording() or DB_OPERATION_NAME in span.attributes:
        return
    operation = pipeline_name(span.name.split(" "))
    span.update_name(operation)
    span.set_attributes({**redis, DB_OPERATION_NAME: operation})
    if isinstance(replies, list) and len(replies) > 1:
        span.set_attribute(DB_OPERATION_BATCH_SIZE, len(replies))
