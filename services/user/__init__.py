"""Accounts: who signs in, and what proves it."""
