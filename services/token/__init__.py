"""Service tokens: how machines use the API."""
