"""Accounts at other identity providers that sign users in here: found, linked, unlinked."""
