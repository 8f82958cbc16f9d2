"""Plumbing that knows no commerce: settings, database, Redis, event log, clock, ids."""
