"""What payment providers and their customers call: webhooks, and the sandbox's page."""
