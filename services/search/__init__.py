"""Find products: what is written to find them by, and how they are found. See docs/finding.md."""
