"""The demo accounts: a customer and a member of staff, with passwords made for this home."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Role, User
from services.shared.errors import EmailTaken
from services.user.register import register
from services.user.rules import hash_password


@dataclass(frozen=True, slots=True)
class Account:
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class DemoAccounts:
    customer: Account
    staff: Account


async def ensure_accounts(infra: Infra) -> DemoAccounts:
    """Returns the accounts, signed up if they are not there.

    Their passwords are kept in the home, for its owner only.
    """
    file = infra.settings.home / "demo.json"
    found = _read_accounts(file)
    if found is not None:
        return found
    made = DemoAccounts(
        Account("customer@example.com", secrets.token_urlsafe(12)),
        Account("staff@example.com", secrets.token_urlsafe(12)),
    )
    await _ensure(infra, made.customer, "Casey Customer", (Role.CUSTOMER,))
    await _ensure(infra, made.staff, "Sam Staff", (Role.CUSTOMER, Role.STAFF))
    _write_accounts(file, made)
    return made


async def ensure_early_customer(infra: Infra) -> User:
    """Returns the customer who has bought a sale out; nobody knows their password."""
    account = Account("early@example.com", secrets.token_urlsafe(24))
    try:
        return await find_user(infra, account)
    except NoResultFound:
        return await register(infra, email=account.email, password=account.password, display_name="Erin Early")


async def find_user(infra: Infra, account: Account) -> User:
    """Errors: NoResultFound."""
    async with infra.database.read() as session:
        return (await session.scalars(select(User).where(User.email == account.email))).one()


async def _ensure(infra: Infra, account: Account, name: str, roles: tuple[Role, ...]) -> None:
    try:
        await register(infra, email=account.email, password=account.password, display_name=name, roles=roles)
    except EmailTaken:
        # The home's note of the password is gone: give the account a new one.
        await _reset(infra, account)


async def _reset(infra: Infra, account: Account) -> None:
    hashed = await hash_password(account.password)

    async def work(session: AsyncSession) -> None:
        user = (await session.scalars(select(User).where(User.email == account.email))).one()
        user.password_hash = hashed

    await infra.database.transact(work)


def _read_accounts(file: Path) -> DemoAccounts | None:
    try:
        raw = json.loads(file.read_text())
        return DemoAccounts(Account(**raw["customer"]), Account(**raw["staff"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write_accounts(file: Path, accounts: DemoAccounts) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        json.dump(asdict(accounts), stream)
