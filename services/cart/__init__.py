"""Carts: changed in Redis by one script each, in the database before the answer goes out (docs/cart.md)."""
