"""How much is looked at for a page. By measurement at 100,000 products: see docs/finding.md."""

FEW: int = 2_000
"""As many candidates are looked at one by one, and sorted, for a page."""
SPARSE: int = 500
"""Up to so many that match are looked for among many candidates; if they are more, a page is soon full."""
MANY: int = 20_000
"""Worth to know the smaller one of, when all of them are to be counted."""
MOST_STREAMS: int = 32
"""As many lists are read side by side, each in its order."""
