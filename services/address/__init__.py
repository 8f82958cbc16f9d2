"""Addresses that customers have their orders sent to."""
