"""What goes wrong in aiokafka, as faults of the event log."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka.errors import KafkaError

from infra.cancellation import is_cancelled
from infra.errors import StoreUnavailable


@contextmanager
def kafka_calls() -> Iterator[None]:
    """Errors: StoreUnavailable.

    aiokafka cancels tasks of its own and then awaits them: after an absence of the broker a ``CancelledError`` can
    come out of its calls that nobody asked for. Passed on, it would end our own task as if it had been told to
    stop, without a word: an order consumer that is simply not there any more.
    """
    try:
        yield
    except asyncio.CancelledError as error:
        if is_cancelled():
            raise
        raise StoreUnavailable("event_log") from error
    except (KafkaError, OSError) as error:
        raise StoreUnavailable("event_log") from error
