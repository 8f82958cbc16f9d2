"""Money: its units and currencies, the books, and what is owed back."""
