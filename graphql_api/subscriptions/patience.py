"""How long a reader may take."""

SEND_WITHIN = 5.0
"""Seconds until a reader that takes nothing more is dropped; its values do not pile up meanwhile."""

QUIET = 12.0
"""Seconds without a value after which a connection shows that it is alive; proxies end silent ones."""
