"""The providers that the settings name: three of ours, and those that other packages bring."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import structlog

from infra.extras import extra
from infra.runtime import Infra
from services.payment import manual
from services.payment.make_installed import make_installed
from services.payment.manual import Manual
from services.payment.provider import Provider
from services.payment.sandbox import provider as sandbox
from services.payment.sandbox.provider import Sandbox
from services.payment.stripe import standing as stripe
from services.shared.errors import InvalidInput
from settings import Settings
from settings.errors import BadSetting
from settings.payments import installed_providers

if TYPE_CHECKING:
    from services.payment.stripe.provider import Stripe

log = structlog.get_logger(__name__)


def _stripe(infra: Infra) -> Provider:
    """Its SDK takes a quarter of a second and 27 MiB to load: only where it is used."""
    return _stripes_class()(infra)


def _stripes_class() -> "type[Stripe]":
    with extra(stripe.NAME, "stripe", wanted_for="RUSHCART_PAYMENT_PROVIDERS names stripe"):
        from services.payment.stripe.provider import Stripe
    return Stripe


_OURS: Final[dict[str, Callable[[Infra], Provider]]] = {
    sandbox.NAME: Sandbox,
    stripe.NAME: _stripe,
    manual.NAME: Manual,
}


def provider_names() -> tuple[str, ...]:
    """Returns those of all providers that there are, on or off."""
    return (*_OURS, *(name for name in installed_providers() if name not in _OURS))


def require_providers(settings: Settings) -> None:
    """Load those that are on, so that a process that cannot use one does not start. Errors: BadSetting."""
    for name in settings.ways_to_pay:
        if name == stripe.NAME:
            _stripes_class()
        elif name not in _OURS:
            make_installed(name)


def find_provider(infra: Infra, name: str) -> Provider | None:
    """Find a provider that is known, though it may be off: money that it has taken is still looked after."""
    make = _OURS.get(name)
    try:
        return make_installed(name) if make is None else make(infra)
    except BadSetting as error:
        if name in infra.settings.ways_to_pay:
            raise
        log.warning("payment_provider.unusable", provider=name, reason=str(error))
        return None


def choose_provider(infra: Infra, name: str | None) -> Provider:
    """Choose a provider for a new payment; the first one unless another is named. Errors: InvalidInput."""
    names = infra.settings.ways_to_pay
    wanted = names[0] if name is None else name
    found = find_provider(infra, wanted) if wanted in names else None
    if found is None:
        raise InvalidInput.at("provider", message=f"must be one of {', '.join(names)}")
    return found
