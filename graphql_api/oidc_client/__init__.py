"""What sign-in providers are asked: metadata, tokens, claims. What browsers ask of us is in ``oidc``."""
