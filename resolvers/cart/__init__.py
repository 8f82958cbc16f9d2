"""The carts' part of the schema."""
