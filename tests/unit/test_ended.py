"""What counts as the end of a connection."""

import pytest

from infra.database_errors import is_outage
from infra.ended import has_ended


@pytest.mark.parametrize(
    ("error", "ended"),
    [
        (RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed"), True),
        (RuntimeError("Transport does not expose socket instance"), True),
        (RuntimeError("dictionary changed size during iteration"), False),
        (ValueError("the handler is closed"), False),
    ],
)
def test_by_its_words(error: Exception, ended: bool) -> None:
    assert (has_ended(error), is_outage(error)) == (ended, ended)
