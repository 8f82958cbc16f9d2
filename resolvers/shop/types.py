"""What a front end has to know of the shop, and a client of the API."""

from datetime import datetime

import strawberry

from resolvers.shared.caching import CATALOG, cached
from resolvers.shared.connection import DEFAULT_PAGE, MAX_PAGE
from resolvers.shared.context import Info
from resolvers.shared.fields import field
from resolvers.shared.limits import (
    MAX_ALIASES,
    MAX_BATCH,
    MAX_COST,
    MAX_DEPTH,
    MAX_DIRECTIVES,
    MAX_FIELDS,
    MAX_QUERY_CHARS,
    MAX_ROOT_FIELDS,
    MAX_STRING_CHARS,
    MAX_TOKENS,
)
from resolvers.shared.node import MAX_NODES
from services.catalog.list_currencies import list_currencies
from services.charges.list_shipping_methods import ShippingMethod as Method
from services.charges.list_shipping_methods import list_shipping_methods
from services.shared.rate_limits import BY_ACCOUNT, BY_ADDRESS, REQUEST_COST, a_minute, limit_of
from settings import Settings


@strawberry.type(description="A way to ship that the shop has.", directives=[cached(CATALOG)])
class ShippingMethod:
    code: str = strawberry.field(description="What checkout and createQuote take as `shippingMethod`.")
    name: str = strawberry.field(description="What customers are shown.")
    countries: list[str] = strawberry.field(description="Where it goes to, as ISO 3166-1 codes.")

    @classmethod
    def of(cls, method: Method) -> "ShippingMethod":
        return cls(code=method.code, name=method.name, countries=list(method.countries))


@strawberry.type(
    description="What one may ask of the API at most; more is refused, and the error says what was too much.",
    directives=[cached(CATALOG)],
)
class ApiLimits:
    cost: int = strawberry.field(description="The most that an operation may cost.")
    request_cost: int = strawberry.field(description="What a request costs at least.")
    account_budget: int | None = strawberry.field(
        description="What an account or a service token may spend in a minute; null: as much as it likes."
    )
    address_budget: int | None = strawberry.field(
        description="What all behind one address may spend in a minute; null: as much as they like."
    )
    depth: int = strawberry.field(description="Levels of an operation.")
    fields: int = strawberry.field(description="Fields of an operation, fragments spread out.")
    root_fields: int = strawberry.field(description="Selections at an operation's root.")
    aliases: int = strawberry.field(description="Aliases of an operation.")
    directives: int = strawberry.field(description="Directives of an operation.")
    page_size: int = strawberry.field(description="`first` and `last`.")
    default_page_size: int = strawberry.field(description="Rows of a page whose size is not said.")
    nodes: int = strawberry.field(description="`ids` of `nodes`.")
    document_characters: int = strawberry.field(description="Characters of a document.")
    document_tokens: int = strawberry.field(description="Tokens of a document.")
    string_characters: int = strawberry.field(description="Characters of a string in the variables.")
    batch: int = strawberry.field(description="Operations of a batch.")
    body_bytes: int = strawberry.field(description="Bytes of a request's body, without uploads.")
    upload_bytes: int = strawberry.field(description="Bytes of an uploaded file.")

    @classmethod
    def of(cls, settings: Settings) -> "ApiLimits":
        return cls(
            cost=MAX_COST,
            request_cost=REQUEST_COST,
            account_budget=a_minute(limit_of(settings, BY_ACCOUNT)),
            address_budget=a_minute(limit_of(settings, BY_ADDRESS)),
            depth=MAX_DEPTH,
            fields=MAX_FIELDS,
            root_fields=MAX_ROOT_FIELDS,
            aliases=MAX_ALIASES,
            directives=MAX_DIRECTIVES,
            page_size=MAX_PAGE,
            default_page_size=DEFAULT_PAGE,
            nodes=MAX_NODES,
            document_characters=MAX_QUERY_CHARS,
            document_tokens=MAX_TOKENS,
            string_characters=MAX_STRING_CHARS,
            batch=MAX_BATCH,
            body_bytes=settings.max_body_bytes,
            upload_bytes=settings.max_upload_bytes,
        )


@strawberry.type(description="The shop: what front ends show and choose from.", directives=[cached(CATALOG)])
class Shop:
    name: str = strawberry.field(description="What it is called.")
    payment_providers: list[str] = strawberry.field(
        description="What createPayment takes as `provider`; the first is taken unless another is named."
    )

    @field(description="The server's clock, for countdowns.")
    def server_time(self, info: Info) -> datetime:
        return info.context.infra.now()

    @field(max_age=CATALOG, description="In which something has a price, as ISO 4217 codes.")
    async def currencies(self, info: Info) -> list[str]:
        return list(await list_currencies(info.context.infra))

    @field(max_age=CATALOG, description="Where something can be shipped to, as ISO 3166-1 codes.")
    async def countries(self, info: Info) -> list[str]:
        methods = await list_shipping_methods(info.context.infra)
        return sorted({country for method in methods for country in method.countries})

    @field(max_age=CATALOG, description="How it ships; the first that fits is taken unless another is chosen.")
    async def shipping_methods(self, info: Info) -> list[ShippingMethod]:
        return [ShippingMethod.of(method) for method in await list_shipping_methods(info.context.infra)]

    @field(max_age=CATALOG, description="The limits of this API.")
    def limits(self, info: Info) -> ApiLimits:
        return ApiLimits.of(info.context.infra.settings)
