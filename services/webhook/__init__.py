"""Webhooks to merchants' own systems: events of the shop, signed, at least once."""
