"""Settings of payments and their providers."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated, Final, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from settings.comma_separated import COMMA_SEPARATED
from settings.group import Group

PROVIDERS: Final = ("sandbox", "stripe", "manual")
"""Ours; others are brought by packages."""
_ENTRY_POINTS: Final = "rushcart.payment_providers"


@cache
def installed_providers() -> Mapping[str, EntryPoint]:
    """Find those of other packages, by name. Nothing of them is loaded."""
    return {entry.name: entry for entry in entry_points(group=_ENTRY_POINTS)}


class PaymentSettings(Group):
    payment_providers: Annotated[tuple[str, ...], NoDecode, COMMA_SEPARATED] = Field(
        (),
        description="How customers can pay, separated by commas, the first unless they choose: sandbox, stripe, "
        "manual. Sandbox and manual when unset and everything is embedded, else manual. The sandbox "
        "takes no money: it is for trying.",
    )
    payment_capture: Literal["together", "apart"] = Field(
        "together", description="apart: money is held when a payment is approved, and taken by capturePayment."
    )
    authorization_ttl: float = Field(
        5 * 86400.0, gt=0, description="Seconds an order waits for its money to be taken once it is held."
    )
    provider_timeout: float = Field(8.0, gt=0, description="Seconds a request waits for a payment provider.")
    sandbox_secret: SecretStr | None = Field(
        None,
        description="Signs the sandbox's webhooks, for servers with homes of their own; made and kept in "
        "RUSHCART_HOME when unset.",
    )

    stripe_api_key: SecretStr | None = Field(
        None, description="Stripe's secret key (sk_…), or a restricted one for intents, refunds and charges."
    )
    stripe_publishable_key: str | None = Field(None, description="Stripe's key for browsers (pk_…).")
    stripe_webhook_secret: SecretStr | None = Field(
        None, description="What Stripe signs with (whsec_…) what it sends to /webhooks/payments/stripe."
    )
    stripe_api_base: str | None = Field(None, description="Where Stripe is, for tests of it such as stripe-mock.")

    @field_validator("sandbox_secret", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("payment_providers")
    @classmethod
    def _are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if set(value) <= set(PROVIDERS):
            return value
        known = (*PROVIDERS, *sorted(set(installed_providers()) - set(PROVIDERS)))
        if unknown := set(value) - set(known):
            raise ValueError(f"knows no {', '.join(sorted(unknown))}; there are {', '.join(known)}")
        return value

    @model_validator(mode="after")
    def _stripe_has_its_keys(self) -> Self:
        needs = ("stripe_api_key", "stripe_publishable_key", "stripe_webhook_secret")
        missing = [f"RUSHCART_{name.upper()}" for name in needs if not getattr(self, name)]
        if "stripe" in self.payment_providers and missing:
            raise ValueError(f"stripe needs {', '.join(missing)}")
        return self
