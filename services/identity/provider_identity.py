"""Who a provider says somebody is."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from services.shared.errors import InvalidInput
from services.user.rules import (
    MAX_NAME,
    InvalidEmail,
    InvalidName,
    normalise_email,
    normalise_locale,
    normalise_name,
)

MAX_SUBJECT = 255


@dataclass(frozen=True, slots=True)
class ProviderIdentity:
    """``issuer`` and ``subject`` together name an account for good (OIDC Core, 5.7); an e-mail address does not.

    ``email`` is normalised, or "" where there is none; ``email_verified`` is the provider's word for it.
    """

    provider: str
    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str
    locale: str

    @classmethod
    def of(cls, provider: str, issuer: str, claims: Mapping[str, Any]) -> "ProviderIdentity":
        """Read an identity from the claims of a verified ID token.

        Errors: ValueError for a subject that is none.
        """
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 1 <= len(subject) <= MAX_SUBJECT or not subject.isascii():
            raise ValueError("the subject must be 1 to 255 ASCII characters")  # OIDC Core, section 2
        email, verified = _email(claims.get("email")), claims.get("email_verified")
        return cls(
            provider=provider,
            issuer=issuer,
            subject=subject,
            email=email,
            # Some providers send it as text.
            email_verified=bool(email) and (verified is True or verified == "true"),
            name=_name(claims, email),
            locale=_locale(claims.get("locale")),
        )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ProviderIdentity":
        return cls(**data)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def _email(claim: object) -> str:
    try:
        return normalise_email(claim) if isinstance(claim, str) else ""
    except InvalidEmail:
        return ""


def _name(claims: Mapping[str, Any], email: str) -> str:
    """Returns the best name there is: none of them need be one that we let people have."""
    for claim in (claims.get("name"), claims.get("preferred_username"), email.partition("@")[0]):
        if isinstance(claim, str):
            try:
                return normalise_name(claim[:MAX_NAME])
            except InvalidName:
                continue
    return "Customer"


def _locale(claim: object) -> str:
    try:
        return normalise_locale(claim.replace("_", "-")) if isinstance(claim, str) else "en"
    except InvalidInput:
        return "en"
