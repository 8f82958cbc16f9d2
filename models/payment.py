"""Payments, refunds, what providers told, and the books of money. No foreign key leaves the area."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import MYSQL, Base
from models.enums import InboxState, MoneyCause, PaymentProblem, PaymentStatus, RefundState
from models.types import MinorUnits, code_text, exact_text


class Payment(Base):
    """An attempt to pay an order with a provider, who knows it by ``id`` as its idempotency key.

    ``live_order_id`` is the order's id while the attempt may still bring money and None after that; it is unique,
    so an order has one at a time. ``captured``, ``refunded`` and ``fees`` are what the provider says it did, in
    all; ``refunding`` is what was asked for and is not done. ``pays_order``: it was this payment that made the
    order PAID. ``check_at``: when the provider is asked, unless it says something first.
    """

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("live_order_id"),
        UniqueConstraint("provider", "reference"),
        Index("ix_payments_order_id_id", "order_id", "id"),
        Index("ix_payments_check_at", "check_at"),
        Index("ix_payments_problem_id", "problem", "id"),
        CheckConstraint("refunded + refunding <= captured", name="no_more_refunded_than_captured"),
        CheckConstraint("refunded >= 0 AND refunding >= 0", name="refunds_not_negative"),
        MYSQL,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    live_order_id: Mapped[UUID | None]
    provider: Mapped[str] = mapped_column(exact_text(32))
    reference: Mapped[str | None] = mapped_column(exact_text(100))
    status: Mapped[PaymentStatus] = mapped_column(String(20))
    amount: Mapped[int] = mapped_column(MinorUnits)
    currency: Mapped[str] = mapped_column(code_text(3))
    captured: Mapped[int] = mapped_column(MinorUnits, default=0)
    refunded: Mapped[int] = mapped_column(MinorUnits, default=0)
    refunding: Mapped[int] = mapped_column(MinorUnits, default=0)
    fees: Mapped[int] = mapped_column(MinorUnits, default=0)
    pays_order: Mapped[bool] = mapped_column(default=False)
    problem: Mapped[PaymentProblem | None] = mapped_column(String(20))
    redirect_url: Mapped[str | None] = mapped_column(String(2000))
    return_url: Mapped[str] = mapped_column(String(2000))
    checks: Mapped[int] = mapped_column(default=0)
    check_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Refund(Base):
    """Money to give back; the provider knows it by ``id``. ``due_at``: when it is sent, or sent again."""

    __tablename__ = "refunds"
    __table_args__ = (
        Index("ix_refunds_due", "state", "due_at"),
        CheckConstraint("amount > 0", name="amount_positive"),
        MYSQL,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"), index=True)
    amount: Mapped[int] = mapped_column(MinorUnits)
    state: Mapped[RefundState] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(500))
    actor: Mapped[str] = mapped_column(String(64))
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class InboxEvent(Base):
    """An event of a provider, written in the transaction of its effect: handled once, however often it comes.

    ``body`` is kept of those that could not be used, to be looked at.
    """

    __tablename__ = "webhook_inbox"
    __table_args__ = (Index("ix_webhook_inbox_state_at", "state", "received_at"), MYSQL)

    provider: Mapped[str] = mapped_column(exact_text(32), primary_key=True)
    event_id: Mapped[str] = mapped_column(exact_text(100), primary_key=True)
    kind: Mapped[str] = mapped_column(exact_text(100))
    state: Mapped[InboxState] = mapped_column(String(16))
    payment_id: Mapped[UUID | None]
    body: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    received_at: Mapped[datetime]


class MoneyEntry(Base):
    """One side of a posting in the books: append-only; those with the same ``posting_id`` sum to zero.

    ``amount`` in minor units: what the account gained, below zero what it gave. ``total`` is what the payment has
    of that cause with it; unique, so that nothing is posted twice.
    """

    __tablename__ = "money_ledger"
    __table_args__ = (
        UniqueConstraint("payment_id", "account", "cause", "total"),
        Index("ix_money_ledger_at", "at"),
        Index("ix_money_ledger_order_id", "order_id"),
        MYSQL,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    posting_id: Mapped[UUID] = mapped_column(index=True)
    account: Mapped[str] = mapped_column(exact_text(48))
    cause: Mapped[MoneyCause] = mapped_column(String(16))
    amount: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(code_text(3))
    provider: Mapped[str] = mapped_column(exact_text(32))
    order_id: Mapped[UUID]
    payment_id: Mapped[UUID]
    at: Mapped[datetime]


class SandboxCharge(Base):
    """What the built-in provider knows of a payment. It is a provider like others: only its own module looks here.

    ``key`` is the caller's idempotency key. ``refunds`` maps the key of each refund to its amount. ``hook_url`` is
    where its webhooks go, known once somebody has opened its page.
    """

    __tablename__ = "sandbox_charges"
    __table_args__ = (UniqueConstraint("key"), MYSQL)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(exact_text(64))
    status: Mapped[PaymentStatus] = mapped_column(String(20))
    amount: Mapped[int] = mapped_column(MinorUnits)
    currency: Mapped[str] = mapped_column(code_text(3))
    captures: Mapped[bool]
    captured: Mapped[int] = mapped_column(MinorUnits, default=0)
    refunds: Mapped[dict[str, int]] = mapped_column(JSON)
    return_url: Mapped[str] = mapped_column(String(2000))
    hook_url: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime]


class SandboxEvent(Base):
    """A webhook of the built-in provider that is to be sent to ``url``, by any of our processes."""

    __tablename__ = "sandbox_events"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(String(500))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(index=True)
