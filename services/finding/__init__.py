"""Products are found: searches, listings, counts and facets by the index in the database. See docs/finding.md."""
