"""Messages that could not be handled."""
