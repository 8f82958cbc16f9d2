"""Parts of the schema with an address of their own below ``/graphql``, and with processes of their own where
``rushcart serve --areas`` runs some.

Whatever else is asked for there is refused, by every process alike: a client that sends it to the wrong address
learns it before there are such processes.
"""

from collections.abc import Iterable
from typing import Final

from graphql_api.http_request import Refused

AREAS: Final = {"flash": frozenset({"placeFlashOrder", "enterFlashSale", "flashSaleTicket"})}
"""Root fields, by the area's name: of ``flash`` what all buyers ask for in the same second."""

NOT_SERVED_HERE: Final = "NOT_SERVED_HERE"
_ABOUT_NOTHING: Final = "__typename"


def check_served(asked: Iterable[str], served: frozenset[str]) -> None:
    """Errors: Refused, for a root field that is of no area here."""
    for name in asked:
        if name not in served and name != _ABOUT_NOTHING:
            message = f"{name} is not served at this address. Send it to /graphql of the API."
            raise Refused(421, NOT_SERVED_HERE, message, details={"field": name})
