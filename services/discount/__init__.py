"""Discount codes: what they take off an order, and who may still use them."""
