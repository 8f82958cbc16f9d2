"""What is taken from the claims of a provider."""

import pytest

from services.identity.provider_identity import ProviderIdentity


@pytest.mark.parametrize(
    ("claims", "email", "verified", "name", "locale"),
    [
        ({}, "", False, "Customer", "en"),
        ({"email": "Ada@Example.COM", "email_verified": True}, "ada@example.com", True, "ada", "en"),
        ({"email": "ada@example.com", "email_verified": "true"}, "ada@example.com", True, "ada", "en"),
        ({"email": "ada@example.com", "email_verified": "false"}, "ada@example.com", False, "ada", "en"),
        ({"email": "ada@example.com", "email_verified": 1}, "ada@example.com", False, "ada", "en"),
        ({"email": "nonsense", "email_verified": True}, "", False, "Customer", "en"),
        ({"email": ["a@b.c"], "name": 7, "locale": {}}, "", False, "Customer", "en"),
        ({"name": "x" * 300, "locale": "zh_Hans"}, "", False, "x" * 100, "zh-Hans"),
        ({"name": " ", "preferred_username": "ada", "locale": "no such locale"}, "", False, "ada", "en"),
    ],
)
def test_claims(claims: dict[str, object], email: str, verified: bool, name: str, locale: str) -> None:
    found = ProviderIdentity.of("example", "https://example.test", {"sub": "ada", **claims})
    assert (found.email, found.email_verified, found.name, found.locale) == (email, verified, name, locale)
    assert ProviderIdentity.from_json(found.to_json()) == found


@pytest.mark.parametrize("subject", [None, "", 7, "x" * 256, "\u00fcn\u00efcode", ["ada"]])
def test_a_subject_that_is_none(subject: object) -> None:
    with pytest.raises(ValueError, match="subject"):
        ProviderIdentity.of("example", "https://example.test", {"sub": subject})
