"""Which media type answers a GraphQL request (GraphQL over HTTP, September 2025)."""

from functools import lru_cache

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
EVENT_STREAM = "text/event-stream"

_ACCEPTABLE = {
    GRAPHQL_JSON: GRAPHQL_JSON,
    "application/*": GRAPHQL_JSON,
    "*/*": JSON,
    JSON: JSON,
    EVENT_STREAM: EVENT_STREAM,
}


@lru_cache(maxsize=256)
def response_type(accept: bytes | None) -> str | None:
    """Returns the media type to answer with, None when the client takes neither. No header means JSON."""
    if not accept or not accept.strip():
        return JSON
    best, best_quality = None, 0.0
    for media_type, quality in _ranges(accept):
        answer = _ACCEPTABLE.get(media_type)
        if answer is not None and quality > best_quality:
            best, best_quality = answer, quality
    return best


@lru_cache(maxsize=256)
def wants_page(accept: bytes | None) -> bool:
    """Returns whether it is a browser: it names text/html, which no GraphQL client does."""
    return accept is not None and any(media == "text/html" and quality > 0 for media, quality in _ranges(accept))


def status_of_refusal(media_type: str) -> int:
    """Returns the status; the legacy media type answers 200 to anything that was well-formed JSON."""
    return 400 if media_type == GRAPHQL_JSON else 200


def type_of_refusal(media_type: str | None) -> str:
    return media_type if media_type == GRAPHQL_JSON else JSON


def _ranges(accept: bytes) -> list[tuple[str, float]]:
    return [_range(part) for part in accept.decode("latin-1")[:1000].lower().split(",")]


def _range(part: str) -> tuple[str, float]:
    media_type, *parameters = (piece.strip() for piece in part.split(";"))
    quality = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "1")
    try:
        return media_type, float(quality)
    except ValueError:
        return media_type, 0.0
