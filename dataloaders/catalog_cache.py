"""What the catalog's loaders share."""

from typing import Final

MAX_BATCH: Final = 1000
"""Keys a statement: SQLite takes 32,766 parameters, and a page is far smaller than this."""
