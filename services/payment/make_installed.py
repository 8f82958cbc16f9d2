"""Providers that other packages bring, by the entry point ``rushcart.payment_providers``."""

from functools import cache

from services.payment.provider import Provider
from settings.errors import BadSetting
from settings.payments import installed_providers


@cache
def make_installed(name: str) -> Provider | None:
    """Make a package's provider, one a process; returns None when no package brings it. Errors: BadSetting."""
    entry = installed_providers().get(name)
    if entry is None:
        return None
    try:
        provider: Provider = entry.load()()
    except BadSetting:
        raise
    except Exception as error:
        raise BadSetting(
            f"RUSHCART_PAYMENT_PROVIDERS: {name} ({entry.value}) cannot be made: {error!r}"
        ) from error
    if provider.name != name:
        raise BadSetting(f"RUSHCART_PAYMENT_PROVIDERS: {name} ({entry.value}) calls itself {provider.name}")
    return provider
