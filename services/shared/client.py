"""Where a request comes from."""

from dataclasses import dataclass

MAX_DEVICE = 200


@dataclass(frozen=True, slots=True)
class Client:
    """``device`` is what the client calls itself (User-Agent); ``ip`` is "" where there is none."""

    ip: str = ""
    device: str = ""


NOWHERE = Client()
