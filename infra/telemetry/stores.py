"""Spans of what stores are asked: statements and commands without their values."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from infra.telemetry import tracing


def trace_stores(engine: AsyncEngine, redis: Any) -> None:
    """Trace the stores; ``redis``: clients' library. Nothing when traces are not on."""
    if not tracing.is_on():
        return
    from opentelemetry.instrumentation.redis import RedisInstrumentor
    from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor

    # It says that it is for SQLAlchemy < 2.1, and works with 2.1.
    tracing.at_end(_forget_database)
    SQLAlchemyInstrumentor().instrument(
        engine=engine.sync_engine, skip_dep_check=True, tracer_provider=tracing.provider()
    )
    RedisInstrumentor.instrument_client(redis, tracer_provider=tracing.provider())


def _forget_database() -> None:
    """Undo what ``trace_stores`` did to the database's library."""
    from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor

    if SQLAlchemyInstrumentor().is_instrumented_by_opentelemetry:
        SQLAlchemyInstrumentor().uninstrument()
