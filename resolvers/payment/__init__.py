"""Payments, refunds and the books of money in the schema."""
