"""Sessions: a sign-in on one device, what keeps it alive, and what ends it."""
