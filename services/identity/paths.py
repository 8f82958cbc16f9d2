"""Where browsers begin to sign in with a provider."""


def login_path(provider: str) -> str:
    return f"/auth/oidc/{provider}/login"


def callback_path(provider: str) -> str:
    """Registered at the provider as the redirect URI, after PUBLIC_URL."""
    return f"/auth/oidc/{provider}/callback"
