"""Price lists in the schema."""
