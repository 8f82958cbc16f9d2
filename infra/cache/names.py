"""What a document and its lock are called in Redis."""


def entry_name(key: str) -> str:
    return f"doc:{key}"


def lock_name(key: str) -> str:
    """Returns the lock's name, in the slot of its entry, as Redis Cluster counts them."""
    return f"{{{entry_name(key)}}}:lock"
