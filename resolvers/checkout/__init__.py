"""Checkout in the schema."""
