"""Values that are hard to keep."""

from datetime import UTC, datetime

MOMENT = datetime(2026, 11, 27, 23, 59, 59, 123457, UTC)
SKU = "Grün Å-👟 001"
HASH = "f" * 64
