"""Where Redis has the documents that clients made known: all in one slot, so that one script sees to the bound."""

from typing import Final

TEXTS: Final = "{documents}:texts"
"""A hash: the text by its SHA-256 in hex."""
USED: Final = "{documents}:used"
"""A sorted set: when each was last used, in seconds since 1970."""
BYTES: Final = "{documents}:bytes"
"""How much all of them weigh."""
