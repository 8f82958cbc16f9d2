"""Money: taken by providers, given back by them, and what the books say of it."""
