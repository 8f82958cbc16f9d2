"""The catalog's part of the schema."""
