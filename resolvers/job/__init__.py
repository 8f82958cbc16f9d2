"""Imports and exports in the schema."""
