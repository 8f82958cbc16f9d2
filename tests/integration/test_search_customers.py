"""Staff find a customer by whatever they are told on the phone."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, func, select, update

from infra.ids import new_id
from infra.runtime import Infra
from models import Address, Order, User, UserWord
from services.account.close_account import close_account
from services.account.update_profile import update_profile
from services.shared.errors import InvalidInput
from services.shared.pages import IdPage
from services.user.index_account import index_accounts
from services.user.register import register
from services.user.search_customers import CustomerFilter, count_customers, search_customers
from tests.factories import variant_in_stock
from tests.integration.test_all_orders import buy

PASSWORD = "correct horse 7"


async def customer(infra: Infra, name: str, email: str) -> UUID:
    return (await register(infra, email=email, password=PASSWORD, display_name=name)).id


async def found(infra: Infra, search: str, page: IdPage | None = None) -> list[UUID]:
    """The count is that of the rows of a whole page."""
    wanted = CustomerFilter(search)
    cut = await search_customers(infra, wanted, page or IdPage(100))
    if page is None:
        assert await count_customers(infra, wanted) == len(cut.rows)
    return [user.id for user in cut.rows]


async def test_by_words_of_the_name_and_the_address(infra: Infra) -> None:
    ada = await customer(infra, "Ada Müller-Lüdenscheidt", "ada.king@example.org")
    eve = await customer(infra, "Eve Müller", "eve_99@example.com")
    wang = await customer(infra, "王小明", "wang@example.com")
    assert await found(infra, "müller") == [eve, ada]
    assert await found(infra, "MÜLLER lüd") == [ada]
    assert await found(infra, "Mu") == []  # an umlaut is a letter of its own
    assert await found(infra, "king") == await found(infra, "Ada.King@exam") == [ada]
    assert await found(infra, "99") == [eve]
    assert await found(infra, "王小") == [wang]
    assert await found(infra, "ada eve") == []
    assert await found(infra, "%") == await found(infra, "") == [wang, eve, ada]
    [first] = await found(infra, "müller", IdPage(1))
    assert (first, await found(infra, "müller", IdPage(1, after=first))) == (eve, [ada])
    with pytest.raises(InvalidInput) as refused:
        await found(infra, "a" * 101)
    assert [problem.path for problem in refused.value.problems] == [("search",)]


async def test_by_phone_and_by_order(infra: Infra) -> None:
    ada = await customer(infra, "Ada", f"{uuid4().hex}@example.org")
    await customer(infra, "Eve", f"{uuid4().hex}@example.org")
    async with infra.database.write() as session:
        session.add(
            Address(
                id=new_id(), user_id=ada, recipient="A", phone="+49301234567", line1="Way 1", city="Berlin",
                country_code="DE", is_default=True, created_at=infra.now(),
            )
        )  # fmt: skip
    assert await found(infra, "+49 (30) 123-4567") == [ada]
    assert await found(infra, "+49 30 1234568") == []
    order = await buy(infra, ada, await variant_in_stock(infra))
    async with infra.database.read() as session:
        number = await session.scalar(select(Order.number).where(Order.id == order))
    assert await found(infra, f" {str(number).lower()} ") == [ada]
    assert await found(infra, "R-0000-0000-0000") == []


async def test_words_follow_the_account(infra: Infra) -> None:
    ada = await customer(infra, "Ada", "ada@example.org")
    await update_profile(infra, ada, display_name="Grace")
    assert (await found(infra, "grace"), await found(infra, "ada")) == ([ada], [ada])
    async with infra.database.write() as session:
        await session.execute(update(User).values(is_indexed=False))
        await session.execute(delete(UserWord))
    assert await found(infra, "grace") == []
    assert [await index_accounts(infra), await index_accounts(infra)] == [1, 0]
    assert await found(infra, "grace") == [ada]
    await close_account(infra, ada, password=PASSWORD)
    assert await found(infra, "grace") == await found(infra, "") == []
    async with infra.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(UserWord)) == 0
