"""The log of security events."""
