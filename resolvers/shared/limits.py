"""What a client may ask for in one operation, as ``shop`` tells and the transport holds it."""

from typing import Final

MAX_QUERY_CHARS: Final = 20_000
MAX_TOKENS: Final = 2_000
MAX_DEPTH: Final = 15
MAX_FIELDS: Final = 500
MAX_ALIASES: Final = 30
MAX_ROOT_FIELDS: Final = 20
MAX_DIRECTIVES: Final = 50
MAX_BATCH: Final = 10
MAX_STRING_CHARS: Final = 64 * 1024
MAX_COST: Final = 20_000
"""Of one operation: about 0.2 s of work."""
