"""The servers that Rushcart starts for itself, for development and for tests."""
