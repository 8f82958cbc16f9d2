"""From what a customer wants to what it costs."""
