"""Settings of sign-in, of sessions, and of OpenID Connect providers."""

from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, field_validator
from pydantic_settings import NoDecode

from settings.comma_separated import COMMA_SEPARATED
from settings.group import Group, json_object
from settings.urls import check_url

PROVIDER_NAME: Final = r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$"
ProviderName = Annotated[str, StringConstraints(pattern=PROVIDER_NAME)]

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class OidcProvider(BaseModel):
    """A provider that we are registered with as a client. ``title`` is what people call it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    issuer: str
    client_id: str = Field(min_length=1)
    client_secret: SecretStr | None = None
    scopes: str = "openid email profile"
    title: str = ""

    @field_validator("issuer")
    @classmethod
    def _is_https(cls, value: str) -> str:
        """OIDC Core, section 2: https, no query, no fragment; plain http is for this machine alone."""
        parts = urlsplit(value)
        plain = parts.scheme == "http" and parts.hostname in _LOOPBACK
        if not (parts.scheme == "https" or plain) or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an https URL without query and fragment")
        if len(value) > 255:
            raise ValueError("must have at most 255 characters")
        return value

    @field_validator("scopes")
    @classmethod
    def _asks_for_openid(cls, value: str) -> str:
        if "openid" not in value.split():
            raise ValueError("must hold openid")
        return value


class SignInSettings(Group):
    access_token_ttl: float = Field(600.0, gt=0, description="Seconds an access token is valid.")
    revocation_ttl: float = Field(
        0.0, ge=0, description="Seconds a revocation is remembered if that is longer than ACCESS_TOKEN_TTL."
    )
    session_ttl: float = Field(30 * 86400.0, gt=0, description="Seconds a session lives, however much it is used.")
    session_idle_ttl: float = Field(14 * 86400.0, gt=0, description="Seconds a session lives without a refresh.")
    refresh_grace: float = Field(
        5.0, ge=0, le=60, description="Seconds a used refresh token still gets the pair it was exchanged for."
    )
    session_cookies: bool = Field(False, description="Let browsers keep their session in HttpOnly cookies.")
    cookie_secure: bool | None = Field(
        None, description="Cookies for https only; unset takes it from the request's scheme."
    )
    cookie_same_site: Literal["lax", "strict"] = Field("lax", description="SameSite of the access cookie.")

    email_token_ttl: float = Field(86400.0, gt=0, description="Seconds a mail to confirm an address is good for.")
    reset_token_ttl: float = Field(3600.0, gt=0, description="Seconds a mail to reset a password is good for.")

    oidc_providers: Annotated[dict[ProviderName, OidcProvider], NoDecode] = Field(
        {},
        description='OpenID Connect providers to sign in with: {"name": {"issuer": "https://…", "client_id": "…", '
        '"client_secret": "…", "scopes": "openid email profile", "title": "…"}}.',
    )
    oidc_return_urls: Annotated[tuple[str, ...], NoDecode, COMMA_SEPARATED] = Field(
        (),
        description="Where such a sign-in may return to, separated by commas; one that ends with / allows all "
        "below it. STOREFRONT_URL/ when unset.",
    )
    oidc_timeout: float = Field(5.0, gt=0, description="Seconds a sign-in waits for its provider.")

    @field_validator("cookie_secure", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("oidc_providers", mode="before")
    @classmethod
    def _from_json(cls, value: object) -> object:
        return json_object(value)

    @field_validator("oidc_return_urls")
    @classmethod
    def _are_urls(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(check_url(url) for url in value)
