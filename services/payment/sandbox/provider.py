"""The sandbox as a provider."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.errors import StoreUnavailable
from infra.ids import new_id
from infra.runtime import Infra
from models import PaymentStatus, SandboxCharge
from services.payment.provider import (
    Charge,
    Declined,
    ProviderEvent,
    Refused,
    SetUp,
    SetUpStanding,
    Standing,
    Unreachable,
)
from services.payment.sandbox import charges
from services.payment.sandbox.charges import NO_CURRENCY, SET_UP, Change, lock_charge, queue_event, standing_of
from services.payment.sandbox.secret import webhook_secret
from services.shared import signature
from services.shared.signature import BadWebhook

NAME: Final = "sandbox"
_PAGE: Final = 200


class Sandbox:
    """Its answers come from the database that we have too; while that is away it cannot be reached."""

    name = NAME

    def __init__(self, infra: Infra) -> None:
        self._infra = infra
        self._patience = infra.settings.payments.provider_timeout

    @staticmethod
    def step(currency: str) -> int:
        return 1

    async def create(self, charge: Charge) -> Standing:
        """Create a charge; those that are asked for at the same time are made in one transaction."""
        group = self._infra.groups.of("sandbox charges", self._create)
        try:
            return await group.ask(charge)
        except StoreUnavailable as error:
            raise Unreachable("no answer") from error

    async def _create(self, wanted: Sequence[Charge]) -> Sequence[Standing]:
        async def work(session: AsyncSession) -> list[Standing]:
            asked = select(SandboxCharge).where(SandboxCharge.key.in_([one.key for one in wanted]))
            found = {charge.key: charge for charge in await session.scalars(asked)}
            for one in wanted:
                if one.key not in found:
                    found[one.key] = _add(session, one, self._infra.now())
            return [standing_of(found[one.key], one.base_url) for one in wanted]

        return await self._infra.database.transact(work, timeout=self._patience, races=3)

    async def set_up(self, wish: SetUp) -> SetUpStanding:
        """Make a charge of nothing: what the customer approves on its page may be charged later."""
        nothing = Charge(SET_UP + wish.key, 0, NO_CURRENCY, "", wish.base_url, wish.return_url, captures=False)
        return _set_up(await self.create(nothing))

    async def fetch_set_up(self, reference: str) -> SetUpStanding:
        return _set_up(standing_of(await self._find(SandboxCharge.id == _id_of(reference))))

    async def charge_off_session(self, charge: Charge, method: str) -> Standing:
        allowed = standing_of(await self._find(SandboxCharge.id == _id_of(method)))
        made = await self.create(charge)
        if made.status != PaymentStatus.PENDING:
            return made
        decide = charges.approve if allowed.status == PaymentStatus.AUTHORIZED else charges.decline
        decided = await self._change(made.reference, decide)
        if decided.status == PaymentStatus.FAILED:
            raise Declined("the method is not to be charged any more")
        return decided

    async def forget_set_up(self, reference: str) -> None:
        """Withdraw what was approved; no webhook tells of it."""

        async def work(session: AsyncSession) -> Standing:
            charges.cancel(charge := await lock_charge(session, reference))
            return standing_of(charge)

        await self._do(work)

    async def capture(self, reference: str, amount: int, key: str) -> Standing:
        return await self._change(reference, lambda charge: charges.capture(charge, amount))

    async def cancel(self, reference: str, key: str) -> Standing:
        return await self._change(reference, charges.cancel)

    async def refund(self, reference: str, amount: int, key: str) -> Standing:
        return await self._change(reference, lambda charge: charges.refund(charge, amount, key))

    async def fetch(self, key: str, reference: str | None) -> Standing | None:
        try:
            return standing_of(await self._find(SandboxCharge.key == key))
        except Refused:
            return None

    async def list_since(self, since: datetime) -> AsyncIterator[Standing]:
        """Yields charges in keyset pages; set-ups are none."""
        after = None
        while True:
            charged = (SandboxCharge.created_at >= since, SandboxCharge.currency != NO_CURRENCY)
            page = select(SandboxCharge).where(*charged).order_by(SandboxCharge.id)
            page = page if after is None else page.where(SandboxCharge.id > after)
            async with self._infra.database.read() as session:
                found = (await session.scalars(page.limit(_PAGE))).all()
            for charge in found:
                yield standing_of(charge)
            if len(found) < _PAGE:
                return
            after = found[-1].id

    def parse_webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> ProviderEvent:
        event_id = signature.verify(webhook_secret(self._infra.settings), headers, body, now)
        try:
            told = orjson.loads(body)
            return ProviderEvent(event_id, str(told["type"])[:100], _standing(told["charge"]))
        except (ValueError, KeyError, TypeError):
            raise BadWebhook("unreadable") from None

    async def _find(self, which: ColumnElement[bool]) -> SandboxCharge:
        """Errors: Refused, Unreachable."""
        try:
            async with self._infra.database.read() as session:
                found: SandboxCharge | None = await session.scalar(select(SandboxCharge).where(which))
        except StoreUnavailable as error:
            raise Unreachable("no answer") from error
        if found is None:
            raise Refused("there is no such charge")
        return found

    async def _change(self, reference: str, change: Change) -> Standing:
        async def work(session: AsyncSession) -> Standing:
            charge = await lock_charge(session, reference)
            before = standing_of(charge)
            change(charge)
            if charge.hook_url is not None and standing_of(charge) != before:
                queue_event(session, charge, charge.hook_url, self._infra.now())
            return standing_of(charge)

        return await self._do(work)

    async def _do(self, work: Callable[[AsyncSession], Awaitable[Standing]]) -> Standing:
        try:
            return await self._infra.database.transact(work, timeout=self._patience)
        except StoreUnavailable as error:
            raise Unreachable("no answer") from error


def _set_up(standing: Standing) -> SetUpStanding:
    if standing.status == PaymentStatus.AUTHORIZED:
        return SetUpStanding(standing.reference, is_ready=True, method=standing.reference)
    is_ready = None if standing.status == PaymentStatus.PENDING else False
    return SetUpStanding(standing.reference, is_ready, redirect_url=standing.redirect_url)


def _id_of(reference: str) -> UUID:
    """Errors: Refused."""
    try:
        return UUID(reference)
    except ValueError:
        raise Refused("there is no such charge") from None


def _add(session: AsyncSession, wanted: Charge, now: datetime) -> SandboxCharge:
    charge = SandboxCharge(
        id=new_id(),
        key=wanted.key,
        status=PaymentStatus.PENDING,
        amount=wanted.amount,
        currency=wanted.currency,
        captures=wanted.captures,
        captured=0,
        refunds={},
        return_url=wanted.return_url,
        created_at=now,
    )
    session.add(charge)
    return charge


def _standing(told: dict[str, Any]) -> Standing:
    return Standing(
        key=str(told["key"]),
        reference=str(told["id"]),
        status=PaymentStatus(told["status"]),
        amount=int(told["amount"]),
        currency=str(told["currency"]),
        captured=int(told["captured"]),
        refunded=int(told["refunded"]),
        fees=int(told["fees"]),
    )
