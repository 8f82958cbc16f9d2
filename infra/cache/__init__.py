"""Caches in front of the database: this process's memory, then Redis. See docs/caching.md."""
