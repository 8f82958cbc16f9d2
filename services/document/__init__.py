"""GraphQL documents that are known by a name: those that clients made known, and the list that a shop loads.

What clients sent is in Redis, up to a bound, and may be lost: then they send it again. The list is in the
database.
"""
