"""The types of addresses."""

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

import strawberry

from models.address_document import AddressDoc
from resolvers.shared.context import Context
from resolvers.shared.errors import InvalidInput, NotFound, TryAgain
from resolvers.shared.node import Node, encode_id, register_node
from services.address.rules import AddressDraft

ORDER_ADDRESS: Final = "OrderAddress"
"""In ids, with the order's key: where an order goes is not the entry of the address book, which changes."""


@strawberry.type(
    description="Where orders are sent to. On an order it is what it was when that was placed, with an id of its "
    "own, which names no entry of the address book."
)
class Address(Node):
    recipient: str = strawberry.field(description="Who it is for.")
    phone: str = strawberry.field(description="In E.164, e.g. +49301234567.")
    line1: str = strawberry.field(description="Street and number.")
    line2: str | None = strawberry.field(description="What else the carrier must know; null: nothing.")
    city: str = strawberry.field(description="Empty where addresses have none.")
    region: str | None = strawberry.field(
        description="State, province or county, where the country has them in addresses."
    )
    postal_code: str | None = strawberry.field(description="As the country writes it; null where it has none.")
    country_code: str = strawberry.field(description="ISO 3166-1 alpha-2, or XK.")
    is_default: bool = strawberry.field(description="The one to offer first.")

    @classmethod
    def of(cls, document: AddressDoc) -> "Address":
        return cls._shown(encode_id("Address", document.id), document)

    @classmethod
    def of_order(cls, order_id: UUID, document: AddressDoc) -> "Address":
        return cls._shown(encode_id(ORDER_ADDRESS, order_id), document)

    @classmethod
    def _shown(cls, id_: strawberry.ID, document: AddressDoc) -> "Address":
        return cls(
            id=id_,
            recipient=document.recipient,
            phone=document.phone,
            line1=document.line1,
            line2=document.line2,
            city=document.city,
            region=document.region,
            postal_code=document.postal_code,
            country_code=document.country_code,
            is_default=document.is_default,
        )


@strawberry.input(description="A new entry of the address book.")
class AddAddressInput:
    recipient: str = strawberry.field(description="Who it is for.")
    phone: str = strawberry.field(
        description="As it is written: +49 30 1234567, or 030 1234567 of the address's country."
    )
    line1: str = strawberry.field(description="Street and number.")
    country_code: str = strawberry.field(description="ISO 3166-1 alpha-2, or XK.")
    city: str = strawberry.field(default="", description="Needed where addresses have one: not in JP, AE, SG, MO.")
    line2: str | None = strawberry.field(default=None, description="What else the carrier must know.")
    region: str | None = strawberry.field(
        default=None, description="State, province or county, where the country has them in addresses."
    )
    postal_code: str | None = strawberry.field(default=None, description="As the country writes it.")
    is_default: bool | None = strawberry.field(
        default=None, description="The first address is the default anyway."
    )


@strawberry.input(description="Where an order is to go, without an entry of an address book.")
class OrderAddressInput:
    recipient: str = strawberry.field(description="Who it is for.")
    phone: str = strawberry.field(description="As it is written, with or without the country.")
    line1: str = strawberry.field(description="Street and number.")
    country_code: str = strawberry.field(description="ISO 3166-1 alpha-2, or XK.")
    city: str = strawberry.field(default="", description="Needed where addresses have one.")
    line2: str | None = strawberry.field(default=None, description="What else the carrier must know.")
    region: str | None = strawberry.field(
        default=None, description="State, province or county, where the country has them in addresses."
    )
    postal_code: str | None = strawberry.field(default=None, description="As the country writes it.")


@strawberry.input(description="The whole address as it is to be: what is left out is gone.")
class UpdateAddressInput:
    address_id: strawberry.ID = strawberry.field(description="One of `me.addresses`.")
    recipient: str = strawberry.field(description="Who it is for.")
    phone: str = strawberry.field(description="As it is written, with or without the country.")
    line1: str = strawberry.field(description="Street and number.")
    country_code: str = strawberry.field(description="ISO 3166-1 alpha-2, or XK.")
    city: str = strawberry.field(default="", description="Needed where addresses have one.")
    line2: str | None = strawberry.field(default=None, description="What else the carrier must know.")
    region: str | None = strawberry.field(
        default=None, description="State, province or county, where the country has them in addresses."
    )
    postal_code: str | None = strawberry.field(default=None, description="As the country writes it.")
    is_default: bool | None = strawberry.field(
        default=None, description="true makes it the default; else it stays what it is."
    )


@strawberry.input(description="An entry of the address book that is to go.")
class RemoveAddressInput:
    address_id: strawberry.ID = strawberry.field(description="One of `me.addresses`.")


@strawberry.input(description="The address that is to be offered first.")
class SetDefaultAddressInput:
    address_id: strawberry.ID = strawberry.field(description="One of `me.addresses`.")


@strawberry.type(description="The entry is gone; orders keep the address as it was.")
class RemoveAddressSuccess:
    address_id: strawberry.ID = strawberry.field(description="The one that is gone.")


AddAddressResult = Annotated[Address | InvalidInput, strawberry.union("AddAddressResult")]
UpdateAddressResult = Annotated[
    Address | NotFound | InvalidInput | TryAgain, strawberry.union("UpdateAddressResult")
]
RemoveAddressResult = Annotated[
    RemoveAddressSuccess | NotFound | InvalidInput | TryAgain, strawberry.union("RemoveAddressResult")
]
SetDefaultAddressResult = Annotated[
    Address | NotFound | InvalidInput | TryAgain, strawberry.union("SetDefaultAddressResult")
]


def draft_of(input: AddAddressInput | UpdateAddressInput | OrderAddressInput) -> AddressDraft:
    return AddressDraft(
        recipient=input.recipient,
        phone=input.phone,
        line1=input.line1,
        line2=input.line2,
        city=input.city,
        region=input.region,
        postal_code=input.postal_code,
        country_code=input.country_code,
    )


async def _load_addresses(context: Context, ids: Sequence[UUID]) -> list[Address | None]:
    """One's own, nobody else's."""
    if context.viewer is None:
        return [None] * len(ids)
    own = {entry.id: entry for entry in await context.loaders.addresses_by_user.load(context.viewer.user_id)}
    return [Address.of(own[id_]) if id_ in own else None for id_ in ids]


register_node("Address", _load_addresses)
