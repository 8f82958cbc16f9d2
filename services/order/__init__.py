"""The order pipeline: place, persist, cancel, expire; and orders for readers."""
