"""Users: who may sign in, by what, and where their things are sent."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import MYSQL, Base
from models.enums import Role
from models.told_later import NotedWhenChanged, Telling, has_changed
from models.types import code_text, exact_text

_TOLD_OF: Final = (
    "email",
    "display_name",
    "locale",
    "email_verified_at",
    "locked_at",
    "group_ids",
    "tags",
    "meta",
)


class User(NotedWhenChanged, Base):
    """``email`` is normalised before it is stored, so its uniqueness is regardless of case.

    ``password_hash`` is empty for those who only sign in with another identity provider. A closed account keeps
    its row, for its orders, with the personal data erased.

    A guest is a user whom nothing signs in to: ``email`` is none that could be typed, ``guest_email`` what the
    guest has given, which others may give too. ``guest_until`` is when to look whether the guest is to be
    forgotten; ``joined_to`` the account that has the guest's orders now. ``person_id``: see Person.
    """

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(exact_text(254), unique=True)
    display_name: Mapped[str] = mapped_column(String(100))
    password_hash: Mapped[str] = mapped_column(String(255))
    roles: Mapped[list[str]] = mapped_column(JSON)
    locale: Mapped[str] = mapped_column(exact_text(16), default="en", server_default="en")
    created_at: Mapped[datetime]
    email_verified_at: Mapped[datetime | None]
    locked_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    # What the roles that the shop has made let it do; together, as access tokens have them.
    scopes: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    # Whether what staff find it by is in ``user_words``; an older release's account has none yet.
    is_indexed: Mapped[bool] = mapped_column(default=False, server_default="0", index=True)
    # Of groups and tags, as their tables have them too: a token is made without asking those.
    group_ids: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    tags: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    guest_email: Mapped[str | None] = mapped_column(exact_text(254), index=True)
    guest_until: Mapped[datetime | None] = mapped_column(index=True)
    joined_to: Mapped[UUID | None]
    person_id: Mapped[UUID | None] = mapped_column(index=True)
    # Metadata: values by the hex of their definitions' ids.
    meta: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))

    def what_to_tell(self, *, is_new: bool) -> Telling | None:
        """Returns nothing of guests: their orders tell of them."""
        if is_new:
            return None if self.is_guest else Telling.CREATED
        if has_changed(self, "closed_at") and self.closed_at is not None:
            return Telling.ERASED
        is_told = self.closed_at is None and not self.is_guest and has_changed(self, *_TOLD_OF)
        return Telling.UPDATED if is_told else None

    @property
    def mailbox(self) -> str:
        """Where mails go."""
        return self.guest_email or self.email

    @property
    def is_guest(self) -> bool:
        return self.roles == [Role.GUEST.value]


class UserWord(Base):
    """What an account is found by: its e-mail address, and the words of that and of the name, in small letters."""

    __tablename__ = "user_words"

    word: Mapped[str] = mapped_column(exact_text(64), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)


class Person(Base):
    """Whom an e-mail address is taken for, however it is spelled: what one person may buy is counted by ``id``.

    It is the id of the first user with the address. ``email_key`` is a hash of what all its spellings have in
    common. ``kept_until``: after the last of the users was closed.
    """

    __tablename__ = "persons"

    email_key: Mapped[str] = mapped_column(exact_text(64), primary_key=True)
    id: Mapped[UUID] = mapped_column(index=True)
    kept_until: Mapped[datetime | None] = mapped_column(index=True)


class StaffRole(Base):
    """A role beyond CUSTOMER, as ``users.roles`` has it too: for finding who has it."""

    __tablename__ = "staff_roles"

    role: Mapped[str] = mapped_column(exact_text(16), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)


class CustomRole(Base):
    """A role that administrators have made: a name for some of what staff may do."""

    __tablename__ = "custom_roles"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(exact_text(60), unique=True)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    version: Mapped[int]
    created_at: Mapped[datetime]


class RoleHolder(Base):
    """Who has a custom role; ``users.scopes`` follows from it."""

    __tablename__ = "role_holders"

    role_id: Mapped[UUID] = mapped_column(ForeignKey("custom_roles.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)


class Address(Base):
    __tablename__ = "addresses"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    recipient: Mapped[str] = mapped_column(String(100))
    phone: Mapped[str] = mapped_column(String(32), index=True)
    line1: Mapped[str] = mapped_column(String(200))
    line2: Mapped[str | None] = mapped_column(String(200))
    city: Mapped[str] = mapped_column(String(100))
    region: Mapped[str | None] = mapped_column(String(100))
    postal_code: Mapped[str | None] = mapped_column(String(20))
    country_code: Mapped[str] = mapped_column(code_text(2))
    is_default: Mapped[bool]
    created_at: Mapped[datetime]


class Identity(Base):
    """An account at another identity provider (OpenID Connect) that signs this user in."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"), MYSQL)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    provider: Mapped[str] = mapped_column(exact_text(32))
    issuer: Mapped[str] = mapped_column(exact_text(255))
    subject: Mapped[str] = mapped_column(exact_text(255))
    created_at: Mapped[datetime]


class AccountToken(Base):
    """A single-use token that was mailed; only its SHA-256 is kept. ``data`` is what its use will do."""

    __tablename__ = "account_tokens"
    __table_args__ = (Index("ix_account_tokens_user_id_purpose", "user_id", "purpose"), MYSQL)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    purpose: Mapped[str] = mapped_column(exact_text(24))
    token_hash: Mapped[str] = mapped_column(exact_text(64), unique=True)
    data: Mapped[dict[str, str]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
