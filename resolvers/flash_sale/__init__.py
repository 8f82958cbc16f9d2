"""Flash sales in the schema."""
