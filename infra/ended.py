"""Connections that have ended, in the words of libraries that have no type for it."""

_SAID = (
    "the handler is closed",  # uvloop, to who writes
    "Transport does not expose socket instance",  # asyncmy, of a connection that ended as soon as it was made
)


def has_ended(error: BaseException) -> bool:
    """Returns whether a RuntimeError tells of a connection's end, not of a fault of ours."""
    return isinstance(error, RuntimeError) and any(said in str(error) for said in _SAID)
