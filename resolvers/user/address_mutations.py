"""Add, change and remove one's addresses."""

import strawberry

from models.enums import Role
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.permissions import signed_in
from resolvers.user.address_types import (
    AddAddressInput,
    AddAddressResult,
    Address,
    RemoveAddressInput,
    RemoveAddressResult,
    RemoveAddressSuccess,
    SetDefaultAddressInput,
    SetDefaultAddressResult,
    UpdateAddressInput,
    UpdateAddressResult,
    draft_of,
)
from services.address.add_address import add_address
from services.address.remove_address import remove_address
from services.address.set_default_address import set_default_address
from services.address.update_address import update_address


@strawberry.type
class AddressMutation:
    @mutation(Role.GUEST, description="Add an address, at most 50; the first is the default.")
    async def add_address(self, info: Info, input: AddAddressInput) -> AddAddressResult:
        user_id = signed_in(info).user_id
        added = await add_address(info.context.infra, user_id, draft_of(input), default=bool(input.is_default))
        info.context.loaders.forget_addresses()
        return Address.of(added)

    @mutation(Role.GUEST, description="Change an address; orders placed with it keep it as it was.")
    async def update_address(self, info: Info, input: UpdateAddressInput) -> UpdateAddressResult:
        user_id = signed_in(info).user_id
        address_id = input_id(input.address_id, "Address", "addressId")
        changed = await update_address(
            info.context.infra, user_id, address_id, draft_of(input), default=bool(input.is_default)
        )
        info.context.loaders.forget_addresses()
        return Address.of(changed)

    @mutation(Role.GUEST, description="Remove an address; if it was the default, the newest other one is.")
    async def remove_address(self, info: Info, input: RemoveAddressInput) -> RemoveAddressResult:
        user_id = signed_in(info).user_id
        await remove_address(info.context.infra, user_id, input_id(input.address_id, "Address", "addressId"))
        info.context.loaders.forget_addresses()
        return RemoveAddressSuccess(address_id=input.address_id)

    @mutation(Role.GUEST, description="Choose the default address.")
    async def set_default_address(self, info: Info, input: SetDefaultAddressInput) -> SetDefaultAddressResult:
        user_id = signed_in(info).user_id
        address_id = input_id(input.address_id, "Address", "addressId")
        chosen = await set_default_address(info.context.infra, user_id, address_id)
        info.context.loaders.forget_addresses()
        return Address.of(chosen)
