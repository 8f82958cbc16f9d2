"""The providers that the settings name."""

from collections.abc import Callable
from typing import Final

from infra.runtime import Infra
from services.payment import manual
from services.payment.manual import Manual
from services.payment.provider import Provider
from services.payment.sandbox import provider as sandbox
from services.payment.sandbox.provider import Sandbox
from services.payment.stripe import standing as stripe
from services.shared.errors import InvalidInput


def _stripe(infra: Infra) -> Provider:
    """Its SDK takes a quarter of a second and 27 MiB to load: only where it is used."""
    from services.payment.stripe.provider import Stripe

    return Stripe(infra)


KNOWN: Final[dict[str, Callable[[Infra], Provider]]] = {
    sandbox.NAME: Sandbox,
    stripe.NAME: _stripe,
    manual.NAME: Manual,
}


def find_provider(infra: Infra, name: str) -> Provider | None:
    """Find a provider that is known, though it may be off: money that it has taken is still looked after."""
    make = KNOWN.get(name)
    return None if make is None else make(infra)


def choose_provider(infra: Infra, name: str | None) -> Provider:
    """Choose a provider for a new payment; the first one unless another is named. Errors: InvalidInput."""
    names = infra.settings.ways_to_pay
    wanted = names[0] if name is None else name
    found = find_provider(infra, wanted) if wanted in names else None
    if found is None:
        raise InvalidInput.at("provider", message=f"must be one of {', '.join(names)}")
    return found
