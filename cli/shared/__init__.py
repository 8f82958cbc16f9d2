"""What commands share: a verb run once with its progress, and faults told in one line."""
