"""All settings in one: the plumbing's by their names, those of commerce in groups."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, Final, Self

from pydantic import Field, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import NoDecode

from settings.group import Group
from settings.orders import OrderSettings
from settings.payments import PaymentSettings
from settings.plumbing import PlumbingSettings
from settings.shop import ShopSettings
from settings.sign_in import SignInSettings

_GROUPS: Final[Mapping[str, type[Group]]] = {
    "shop": ShopSettings,
    "orders": OrderSettings,
    "payments": PaymentSettings,
    "sign_in": SignInSettings,
}
_GROUP_OF: Final = {name: group for group, kind in _GROUPS.items() for name in kind.model_fields}


class Settings(PlumbingSettings):
    """Read from the environment once. Any setting may be given by its name alone: no two groups share one."""

    # NoDecode: a variable with a group's name is nobody's.
    shop: Annotated[ShopSettings, NoDecode] = Field(default_factory=ShopSettings)
    orders: Annotated[OrderSettings, NoDecode] = Field(default_factory=OrderSettings)
    payments: Annotated[PaymentSettings, NoDecode] = Field(default_factory=PaymentSettings)
    sign_in: Annotated[SignInSettings, NoDecode] = Field(default_factory=SignInSettings)

    @model_validator(mode="before")
    @classmethod
    def _into_groups(cls, given: dict[str, object]) -> dict[str, object]:
        """So that a group's faults are told together with all others."""
        flat = {name: value for name, value in given.items() if name not in _GROUP_OF and name not in _GROUPS}
        for group, kind in _GROUPS.items():
            own = given.get(group)
            named = {name: given[name] for name in kind.model_fields if name in given}
            flat[group] = own if isinstance(own, kind) else named
        return flat

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Returns a copy with some changed, by name; not validated.

        Errors: KeyError for a name that is no setting's.
        """
        changes: dict[str, Any] = {}
        for name, value in (update or {}).items():
            if group := _GROUP_OF.get(name):
                before = changes.get(group, getattr(self, group))
                changes[group] = before.model_copy(update={name: value})
            elif name in type(self).model_fields:
                changes[name] = value
            else:
                raise KeyError(name)
        return super().model_copy(update=changes, deep=deep)

    @property
    def return_urls(self) -> tuple[str, ...]:
        """Where a sign-in with another provider may return to."""
        return self.sign_in.oidc_return_urls or (self.shop.storefront_url.rstrip("/") + "/",)

    @property
    def ways_to_pay(self) -> tuple[str, ...]:
        """Names of payment providers that are on."""
        return self.payments.payment_providers or (("sandbox", "manual") if self.embedded else ("manual",))


def fields() -> Iterator[tuple[str, FieldInfo]]:
    """Yields every setting, by its name in lower case and without the prefix."""
    for name, field in Settings.model_fields.items():
        if name in _GROUPS:
            yield from _GROUPS[name].model_fields.items()
        else:
            yield name, field


def variable(location: Sequence[int | str]) -> str:
    """Returns the environment variable that an error of pydantic's is about."""
    parts = location[1:] if location[:1] and location[0] in _GROUPS else location
    return "_".join(("RUSHCART", *(str(part).upper() for part in parts)))


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Returns the process's settings. Errors: pydantic's ValidationError tells where; ``variable`` names it."""
    return Settings()
