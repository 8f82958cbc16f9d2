"""Metadata in the schema."""
