from rushcart_client.transport import Transport

from .base_model import UNSET


class Base(Transport):
    """What the operations are sent by."""

    unset = UNSET
