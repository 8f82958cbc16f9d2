"""The audit log: what happened to accounts, and who did it."""
