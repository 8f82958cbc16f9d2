"""Accounts, their sessions and their mail."""

from infra.ids import new_id
from models import (
    AccountToken,
    Address,
    AuditEntry,
    Base,
    CustomerGroup,
    CustomerTag,
    CustomRole,
    GroupMember,
    Identity,
    MailKind,
    Person,
    QueuedMail,
    RefreshSession,
    Role,
    RoleHolder,
    ServiceToken,
    StaffRole,
    User,
    UserWord,
)
from tests.integration.rows.hard import HASH, MOMENT


def mail() -> list[Base]:
    waiting = QueuedMail(
        id=new_id(),
        user_id=new_id(),
        kind=MailKind.EMAIL_CHANGED,
        recipient="ada@example.org",
        locale="zh-Hans",
        data={"name": "Ada 👩‍💻"},
        created_at=MOMENT,
        due_at=MOMENT,
        attempts=0,
        failed_at=None,
        reason=None,
    )
    return [waiting]


def user(email: str = "ada@example.org") -> User:
    return User(
        id=new_id(),
        email=email,
        display_name="Ada 👩‍💻",
        password_hash="$argon2id$…",
        roles=[Role.CUSTOMER],
        created_at=MOMENT,
    )


def account() -> list[Base]:
    owner = user()
    address = Address(
        id=new_id(),
        user_id=owner.id,
        recipient="Ada 👩‍💻",
        phone="+49 30 1",
        line1="Straße 1",
        city="Köln",
        country_code="DE",
        is_default=True,
        created_at=MOMENT,
    )
    identity = Identity(
        id=new_id(), user_id=owner.id, provider="one", issuer="https://i", subject="s" * 255, created_at=MOMENT
    )
    mailed = AccountToken(
        id=new_id(),
        user_id=owner.id,
        purpose="RESET_PASSWORD",
        token_hash=HASH,
        data={"email": "neu@example.org"},
        created_at=MOMENT,
        expires_at=MOMENT,
    )
    staff = StaffRole(role=Role.STAFF, user_id=owner.id)
    person = Person(email_key=HASH, id=owner.id, kept_until=None)
    group = CustomerGroup(id=new_id(), name="VIP", key="vip", version=1, created_at=MOMENT)
    grouped = [GroupMember(group_id=group.id, user_id=owner.id), CustomerTag(tag="öl ", user_id=owner.id)]
    role = CustomRole(id=new_id(), name="Lager 📦", scopes=["ORDERS_SHIP"], version=1, created_at=MOMENT)
    found = [role, RoleHolder(role_id=role.id, user_id=owner.id), UserWord(word="straße ", user_id=owner.id)]
    return [owner, person, group, *grouped, *found, staff, address, identity, mailed, *access(owner)]


def access(owner: User) -> list[Base]:
    session = RefreshSession(
        id=new_id(),
        user_id=owner.id,
        token_hash=HASH,
        device="Ø-Browser",
        ip="::1",
        created_at=MOMENT,
        last_used_at=MOMENT,
        expires_at=MOMENT,
    )
    machine = ServiceToken(
        id=new_id(),
        name="Lager",
        token_hash=HASH,
        roles=[Role.STAFF],
        scopes=["products"],
        created_by="cli",
        created_at=MOMENT,
    )
    entry = AuditEntry(id=new_id(), at=MOMENT, action="LOGIN", outcome="OK", details={"why": "weil"})
    return [session, machine, entry]
