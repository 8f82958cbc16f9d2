"""Everything goes wrong on purpose, and nothing may be lost: ``rushcart chaos``, and what the tests share with it.

Nothing of the product imports this.
"""
