"""Discount codes in the schema."""
