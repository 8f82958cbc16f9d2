"""Stripe, by its own SDK: PaymentIntents that the customer confirms on a page of ours with Stripe's own form."""
