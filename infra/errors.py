"""Faults of the plumbing: most of them become ``UNAVAILABLE`` or ``TryAgain`` in the layers above."""


class StoreUnavailable(Exception):
    """A store did not answer in time or refused the connection.

    ``store`` is ``database``, ``replica``, ``redis`` or ``event_log``; the cause is chained, never shown to a
    client.
    ``retry_after``: seconds until it is worth asking again.
    """

    def __init__(self, store: str, retry_after: float = 1.0) -> None:
        super().__init__(f"{store} is not available")
        self.store = store
        self.retry_after = retry_after


class PublishRefused(StoreUnavailable):
    """The event log certainly did not take the message."""


class PublishUnknown(StoreUnavailable):
    """The event log may or may not take the message yet: nothing that depends on it may be undone."""


class MessageTooLarge(ValueError):
    """The event log will never take this message: no outage, and nothing to try again."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"a message of {size} bytes; the event log takes {limit}")
