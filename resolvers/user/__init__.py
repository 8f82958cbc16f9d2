"""Accounts in the schema: users, sign-up and sign-in."""
