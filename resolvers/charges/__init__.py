"""Shipping and taxes in the schema, for staff."""
