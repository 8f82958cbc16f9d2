"""What every area shares: errors, events, the outbox, pages, and what an order is to all of them."""
