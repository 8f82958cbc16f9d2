"""What runs behind the API: the order consumer, the outbox relay, taskiq jobs and their schedule."""
