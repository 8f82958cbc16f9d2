"""Definitions of metadata, and what their values may be. The owners' own areas write the values."""
