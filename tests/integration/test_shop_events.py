"""Products and accounts that changed are told of, each as it is then."""

import asyncio

from sqlalchemy import select

from infra.ids import new_id
from infra.runtime import Infra
from models import Product, ProductStatus, Role, User
from services.account.erase_user import erase_user
from services.account.update_profile import update_profile
from services.catalog.change_product import Based
from services.catalog.tell_products import tell_products
from services.catalog.update_product import set_status
from services.user.rows import locked_account
from services.user.tell_customers import tell_customers
from tests.books import told_of
from tests.factories import variant_in_stock


async def test_a_product_is_told_of_as_it_is_by_then(infra: Infra) -> None:
    first = (await variant_in_stock(infra)).product_id
    assert sorted(await asyncio.gather(tell_products(infra), tell_products(infra))) == [0, 1]
    await set_status(infra, Based(first, 1), ProductStatus.DRAFT)
    await set_status(infra, Based(first, 2), ProductStatus.PUBLISHED)
    assert (await tell_products(infra), await tell_products(infra)) == (1, 0)
    await set_status(infra, Based(first, 3), ProductStatus.ARCHIVED)
    await tell_products(infra)
    found = await told_of(infra, "product")
    assert [(kind, data["version"], data["status"]) for kind, data in found] == [
        ("created", 1, "PUBLISHED"),
        ("updated", 3, "PUBLISHED"),
        ("archived", 4, "ARCHIVED"),
    ]
    async with infra.database.read() as session:
        assert await session.scalar(select(Product.tell_at).where(Product.id == first)) is None


async def new_user(infra: Infra, *roles: Role) -> User:
    id_ = new_id()
    user = User(
        id=id_,
        email=f"{id_.hex}@shop.example",
        display_name="Ada",
        password_hash="",
        roles=[role.value for role in roles],
        created_at=infra.now(),
    )
    async with infra.database.write() as session:
        session.add(user)
    return user


async def test_an_account_is_told_of_without_what_is_personal_and_a_guest_is_not(infra: Infra) -> None:
    ada, guest = await new_user(infra, Role.CUSTOMER), await new_user(infra, Role.GUEST)
    await update_profile(infra, ada.id, display_name="Ada King")
    assert await tell_customers(infra) == 1
    await update_profile(infra, ada.id, locale="de")
    assert await tell_customers(infra) == 1
    for user in (ada, guest):
        async with infra.database.write() as session:
            row = await locked_account(session, user.id)
            await erase_user(session, row)
            row.closed_at = infra.now()
    assert await tell_customers(infra) == 2
    found = await told_of(infra, "customer")
    assert [kind for kind, _ in found] == ["created", "updated", "erased", "erased"]
    assert "Ada" not in str(found)
    assert "shop.example" not in str(found)
    assert found[2][1] == {"customerId": ada.id.hex}
