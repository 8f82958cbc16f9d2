"""What can go wrong on the way to a provider and back; ``code`` is what the front end is told."""

from typing import ClassVar


class OidcError(Exception):
    code: ClassVar[str]


class ProviderUnavailable(OidcError):
    """No answer from the provider in time, or none but an error of its own."""

    code = "PROVIDER_UNAVAILABLE"


class ProviderMisbehaved(OidcError):
    """Its answer is not one to rely on: metadata, tokens or claims that do not hold."""

    code = "PROVIDER_ANSWER_INVALID"


class ProviderRefused(OidcError):
    """It answered with an error (RFC 6749, 4.1.2.1 and 5.2)."""

    code = "PROVIDER_REFUSED"


class AccessDenied(ProviderRefused):
    """The person said no there."""

    code = "ACCESS_DENIED"


class LoginRequired(ProviderRefused):
    """The provider would have had to ask the person something (OIDC Core, 3.1.2.6)."""

    code = "LOGIN_REQUIRED"


def refusal(error: str) -> ProviderRefused:
    """Make the error for the ``error`` that a provider sent."""
    if error == "access_denied":
        return AccessDenied(error)
    if error in ("login_required", "interaction_required", "consent_required", "account_selection_required"):
        return LoginRequired(error)
    return ProviderRefused("another error")
