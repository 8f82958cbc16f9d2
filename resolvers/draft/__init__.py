"""Orders that staff make for customers."""
