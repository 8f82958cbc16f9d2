"""Logs: structlog to standard error, JSON on the stack; the standard library's loggers go the same way."""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from contextvars import ContextVar
from time import monotonic
from types import MappingProxyType
from typing import Any, Final, TextIO, cast

import orjson
import structlog
from structlog.typing import Processor

from settings import Settings

# While its broker is away aiokafka writes about a hundred warnings a second.
_NOISY = ("aiokafka",)
_QUIET_SECONDS = 5.0

of_request: Final[ContextVar[Mapping[str, str]]] = ContextVar("of_request", default=MappingProxyType({}))
"""What every line has that is logged for a request. One variable: structlog's own way has one a name, and takes as
long as a small answer's head."""


_least = logging.DEBUG


def is_debugging() -> bool:
    """Returns whether lines for debugging are written: to ask is cheaper than to have one dropped."""
    return _least <= logging.DEBUG


def add_of_request(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Add, as a processor, what the line does not say itself."""
    for name, value in of_request.get().items():
        event.setdefault(name, value)
    return event


class AtMostOneEvery(logging.Filter):
    """Lets one record through every ``seconds``; that one says how many were left out before it."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds
        self._next = 0.0
        self._left_out = 0

    def filter(self, record: logging.LogRecord) -> bool:
        now = monotonic()
        if now < self._next:
            self._left_out += 1
            return False
        self._next = now + self._seconds
        if self._left_out:
            record.msg = f"{record.getMessage()} ({self._left_out} more left out)"
            record.args = None
            self._left_out = 0
        return True


class Lossy:
    """A stream that may be full, or gone: a line that cannot be written is no reason to fail who wrote it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.isatty = stream.isatty

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def configure_logging(settings: Settings, stream: TextIO | None = None) -> None:
    """Set up both structlog and the standard library; once, before the first log line."""
    global _least
    stream = cast(TextIO, Lossy(stream or sys.stderr))
    _least = level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[Processor] = [
        add_of_request,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    finish = _json_tail() if settings.json_logs else _console_tail(stream)
    structlog.configure(
        processors=[*shared, *finish],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    _route_standard_library(stream, level, [*shared, structlog.stdlib.ExtraAdder()], finish)


def _json_tail() -> list[Processor]:
    # Local variables would bring passwords and tokens into the log.
    tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [structlog.processors.ExceptionRenderer(tracebacks), structlog.processors.JSONRenderer(_dump)]


def _console_tail(stream: TextIO) -> list[Processor]:
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=plain)]


def _dump(event: MutableMapping[str, Any], default: Any = None, **_options: Any) -> str:
    return orjson.dumps(event, default=default or repr, option=orjson.OPT_NON_STR_KEYS).decode()


def _route_standard_library(stream: TextIO, level: int, shared: list[Processor], finish: list[Processor]) -> None:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *finish],
        )
    )
    quiet = AtMostOneEvery(_QUIET_SECONDS)
    handler.addFilter(lambda record: not record.name.startswith(_NOISY) or quiet.filter(record))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.INFO))
    # What these tell at info is of use to their own developers. The HTTP client's are whole addresses, and
    # those of merchants' systems may hold their secrets.
    for name in ("alembic", "httpx2", "stripe", "taskiq", "uvicorn"):
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    # It warns of every body that it cannot read, and that is the client's matter.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    # Uvicorn brings handlers of its own, and an access log that ours replaces.
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = name != "uvicorn.access"
