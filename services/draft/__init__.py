"""Orders that staff make for customers: drafts first, which hold nothing."""
