"""Webhooks to merchants' systems in the schema; for administrators."""
