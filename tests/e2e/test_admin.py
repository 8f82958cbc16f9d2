"""Administrators look after accounts, roles and service tokens; everybody else does not."""

import asyncio
import json
from typing import Any

from models.enums import Role
from resolvers.shared.node import decode_id
from services.shared.errors import LastAdministrator
from services.user.find_by_email import find_by_email
from services.user.grant_role import grant_role
from services.user.lock_account import lock_account
from services.user.revoke_role import revoke_role
from services.user.rows import ByAdmin
from settings import Settings
from tests.e2e.shop import CREATE, LOGIN, PASSWORD, Person, Shop
from tests.modes import ONE_MODE
from tests.waiting import until

_RESULT = "{ __typename ... on User { id email roles lockedAt } ... on Error { code message } }"
GRANT = f"mutation Grant($input: GrantRoleInput!) {{ grantRole(input: $input) {_RESULT} }}"
REVOKE = f"mutation Revoke($input: RevokeRoleInput!) {{ revokeRole(input: $input) {_RESULT} }}"
LOCK = f"mutation Lock($input: LockAccountInput!) {{ lockAccount(input: $input) {_RESULT} }}"
UNLOCK = f"mutation Unlock($input: UnlockAccountInput!) {{ unlockAccount(input: $input) {_RESULT} }}"
USERS = """
query Users($search: String, $role: Role, $locked: Boolean, $first: Int, $after: String) {
  users(search: $search, role: $role, locked: $locked, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { email } }
  }
}
"""
AUDIT = """
query Log($action: String, $subject: String, $actor: String, $outcome: AuditOutcome) {
  auditLog(action: $action, subject: $subject, actor: $actor, outcome: $outcome) {
    totalCount edges { node { action outcome actor subject device details { name value } } }
  }
}
"""
NEW_TOKEN = """
mutation New($input: CreateServiceTokenInput!) {
  createServiceToken(input: $input) {
    __typename
    ... on NewServiceToken { token serviceToken { id name scopes } }
    ... on InvalidInput { fields { path } }
  }
}
"""
TOKENS = "{ serviceTokens { name scopes lastUsedAt revokedAt } }"


async def signed_in(shop: Shop, email: str) -> Person:
    session = (await shop.ask(LOGIN, {"input": {"email": email, "password": PASSWORD}}))["login"]
    return Person(session["user"]["id"], session["user"]["email"], session["accessToken"])


async def admin(shop: Shop) -> Person:
    somebody = await shop.customer("Root")
    user = await find_by_email(shop.server.infra, somebody.email)
    await grant_role(shop.server.infra, ByAdmin(user.id), Role.ADMIN)
    return await signed_in(shop, somebody.email)


def entries(answer: Any) -> list[Any]:
    return [edge["node"] for edge in answer["auditLog"]["edges"]]


async def code_of(shop: Shop, query: str, variables: Any, token: str | None) -> str:
    answer = await shop.server.graphql(query, variables, token)
    code: str = answer["errors"][0]["extensions"]["code"]
    return code


async def test_roles_are_granted_and_revoked(shop: Shop) -> None:
    root, ada = await admin(shop), await shop.customer()
    given = {"input": {"userId": ada.id, "role": "STAFF"}}
    for _ in range(2):  # the second time nothing happens
        granted = (await shop.ask(GRANT, given, root))["grantRole"]
        assert (granted["email"], sorted(granted["roles"])) == (ada.email, ["CUSTOMER", "STAFF"])
    assert await code_of(shop, "{ me { id } }", {}, ada.token) == "UNAUTHENTICATED"
    ada = await signed_in(shop, ada.email)
    assert (await shop.ask(CREATE, {"input": {"title": "", "variants": []}}, ada))["createProduct"]["__typename"]

    assert (await shop.ask(REVOKE, given, root))["revokeRole"]["roles"] == ["CUSTOMER"]
    assert await code_of(shop, CREATE, {"input": {"title": "x", "variants": []}}, ada.token) == "UNAUTHENTICATED"
    ada = await signed_in(shop, ada.email)
    assert await code_of(shop, CREATE, {"input": {"title": "x", "variants": []}}, ada.token) == "FORBIDDEN"

    log = entries(await shop.ask(AUDIT, {"subject": ada.id, "actor": root.id}, root))
    assert [entry["action"] for entry in log] == ["role.revoked", "role.granted"]
    assert log[0]["details"] == [{"name": "role", "value": "STAFF"}]

    async def refusals() -> Any:
        return entries(await shop.ask(AUDIT, {"action": "field.refused", "outcome": "REFUSED"}, root))

    [refused] = await until(refusals, bool)
    assert (refused["subject"], refused["details"]) == (
        ada.id,
        [{"name": "what", "value": "Mutation.createProduct"}],
    )


async def test_the_last_administrator_stays(shop: Shop) -> None:
    root = await admin(shop)
    me = {"input": {"userId": root.id, "role": "ADMIN"}}
    assert (await shop.ask(REVOKE, me, root))["revokeRole"]["code"] == "LAST_ADMINISTRATOR"
    lock = {"input": {"userId": root.id, "reason": "tired"}}
    assert (await shop.ask(LOCK, lock, root))["lockAccount"]["code"] == "INVALID_INPUT"
    close = "mutation C($p: String!) { closeAccount(input: {password: $p}) { __typename } }"
    assert await code_of(shop, close, {"p": PASSWORD}, root.token) == "LAST_ADMINISTRATOR"
    customer = {"input": {"userId": root.id, "role": "CUSTOMER"}}
    assert (await shop.ask(REVOKE, customer, root))["revokeRole"]["code"] == "INVALID_INPUT"


async def test_of_administrators_who_revoke_each_other_one_stays(shop: Shop, settings: Settings) -> None:
    people = [await admin(shop) for _ in range(4)]
    ids = [decode_id(person.id, "User") for person in people]
    infra = shop.server.infra

    async def take(victim: int, by: int) -> bool:
        change = ByAdmin(ids[victim], ids[by])
        try:
            if by % 2:
                await lock_account(infra, change, "a quarrel")
            else:
                await revoke_role(infra, change, Role.ADMIN)
        except LastAdministrator:
            return False
        return True

    done = await asyncio.gather(*(take((by + step) % 4, by) for by in range(4) for step in (1, 2, 3)))
    assert False in done
    page = await shop.ask("{ me { id } }")
    assert page == {"me": None}
    able = [await find_by_email(infra, person.email) for person in people]
    assert sum(user.locked_at is None and Role.ADMIN in user.roles for user in able) == 1


async def test_a_locked_account_is_out_at_once(shop: Shop) -> None:
    root, ada = await admin(shop), await shop.customer()
    wish = {"input": {"userId": ada.id, "reason": "stolen"}}
    assert (await shop.ask(LOCK, wish, root))["lockAccount"]["lockedAt"] is not None
    assert await code_of(shop, "{ me { id } }", {}, ada.token) == "UNAUTHENTICATED"
    login = {"input": {"email": ada.email, "password": PASSWORD}}
    assert (await shop.ask(LOGIN, login))["login"]["code"] == "INVALID_CREDENTIALS"
    assert (await shop.ask(USERS, {"locked": True}, root))["users"]["totalCount"] == 1

    unlocked = (await shop.ask(UNLOCK, {"input": {"userId": ada.id}}, root))["unlockAccount"]
    assert unlocked["lockedAt"] is None
    assert await code_of(shop, "{ me { id } }", {}, ada.token) == "UNAUTHENTICATED"
    assert (await signed_in(shop, ada.email)).id == ada.id
    log = [entry["action"] for entry in entries(await shop.ask(AUDIT, {"subject": ada.id}, root))]
    assert log[:4] == ["session.opened", "account.unlocked", "session.refused", "account.locked"]


async def test_accounts_are_listed_and_searched(shop: Shop) -> None:
    root = await admin(shop)
    people = [await shop.customer(name) for name in ("Zoë Ünal", "zoe_%", "Bob")]

    async def found(**wanted: Any) -> list[str]:
        page = (await shop.ask(USERS, wanted, root))["users"]
        return [edge["node"]["email"] for edge in page["edges"]]

    newest_first = [person.email for person in [root, *people]][::-1]
    assert await found() == newest_first
    assert await found(role="ADMIN") == [root.email]
    assert await found(search=people[2].email[:9].upper()) == [people[2].email]
    assert await found(search="zoe_%") == [people[1].email]
    assert await found(search="%") == []
    first = (await shop.ask(USERS, {"first": 3}, root))["users"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (4, True)
    assert await found(after=first["pageInfo"]["endCursor"]) == newest_first[3:]
    assert await code_of(shop, USERS, {"search": "x" * 101}, root.token) == "INVALID_INPUT"
    [one] = (await shop.ask("query O($id: ID!) { user(id: $id) { email } }", {"id": people[0].id}, root)).values()
    assert one == {"email": people[0].email}


@ONE_MODE
async def test_only_administrators_administer(shop: Shop) -> None:
    root, staff, ada = await admin(shop), await shop.staff(), await shop.customer()
    asks: list[tuple[str, Any]] = [
        (USERS, {}),
        (AUDIT, {}),
        (TOKENS, {}),
        ("query U($id: ID!) { user(id: $id) { id } }", {"id": root.id}),
        (GRANT, {"input": {"userId": ada.id, "role": "ADMIN"}}),
        (REVOKE, {"input": {"userId": root.id, "role": "ADMIN"}}),
        (LOCK, {"input": {"userId": root.id, "reason": "x"}}),
        (UNLOCK, {"input": {"userId": root.id}}),
        (NEW_TOKEN, {"input": {"name": "x", "scopes": ["ORDERS_READ"]}}),
    ]
    for query, variables in asks:
        for token, code in ((None, "UNAUTHENTICATED"), (ada.token, "FORBIDDEN"), (staff.token, "FORBIDDEN")):
            assert await code_of(shop, query, variables, token) == code
    assert (await find_by_email(shop.server.infra, root.email)).locked_at is None


@ONE_MODE
async def test_ones_own_security_events(shop: Shop) -> None:
    ada, bob = await shop.customer(), await shop.customer("Bob")
    await shop.ask(LOGIN, {"input": {"email": ada.email, "password": "not the right one"}})
    await signed_in(shop, ada.email)
    query = "{ me { securityEvents(first: 10) { edges { node { action outcome } } } } }"
    seen = (await shop.ask(query, {}, ada))["me"]["securityEvents"]["edges"]
    assert [edge["node"] for edge in seen] == [
        {"action": "session.opened", "outcome": "OK"},
        {"action": "session.refused", "outcome": "REFUSED"},
        {"action": "user.registered", "outcome": "OK"},
    ]
    others = "query N($id: ID!) { node(id: $id) { ... on User { securityEvents { totalCount } } } }"
    assert await code_of(shop, others, {"id": bob.id}, (await admin(shop)).token) == "FORBIDDEN"
    assert (await shop.ask(others, {"id": bob.id}, await shop.staff()))["node"] is None


@ONE_MODE
async def test_what_an_administrator_did_is_seen_without_who_and_why(shop: Shop) -> None:
    root, ada = await admin(shop), await shop.customer()
    await shop.ask(GRANT, {"input": {"userId": ada.id, "role": "STAFF"}}, root)
    await shop.ask(LOCK, {"input": {"userId": ada.id, "reason": "Eve has said so"}}, root)
    await shop.ask(UNLOCK, {"input": {"userId": ada.id}}, root)
    ada = await signed_in(shop, ada.email)
    query = """{ me { securityEvents { edges { node {
      action actor subject ip device details { name value } } } } } }"""
    seen = (await shop.ask(query, {}, ada))["me"]["securityEvents"]["edges"]
    hidden = {"actor": "administrator", "subject": ada.id, "ip": None, "device": None}
    assert [edge["node"] for edge in seen[1:4]] == [
        {"action": "account.unlocked", **hidden, "details": []},
        {"action": "account.locked", **hidden, "details": []},
        {"action": "role.granted", **hidden, "details": [{"name": "role", "value": "STAFF"}]},
    ]
    own = seen[0]["node"]
    assert (own["action"], own["actor"], own["device"] is None) == ("session.opened", ada.id, False)
    assert own["details"] == [{"name": "method", "value": "password"}]
    export = await shop.ask("mutation { exportMyData { ... on ExportMyDataSuccess { json } } }", {}, ada)
    for secret in ("Eve has said so", root.id, decode_id(root.id, "User").hex, str(decode_id(root.id, "User"))):
        assert secret not in export["exportMyData"]["json"]
        assert secret not in str(seen)
    events = json.loads(export["exportMyData"]["json"])["securityEvents"]
    [locked] = [event for event in events if event["action"] == "account.locked"]
    assert (locked["ip"], locked["device"], locked["details"]) == (None, None, {})
    # For administrators all of it is there.
    log = await shop.ask(AUDIT, {"action": "account.locked"}, root)
    [entry] = [edge["node"] for edge in log["auditLog"]["edges"]]
    assert (entry["actor"], entry["details"]) == (root.id, [{"name": "reason", "value": "Eve has said so"}])


@ONE_MODE
async def test_staff_find_customers_and_customers_find_nobody(shop: Shop) -> None:
    ada, clerk = await shop.customer("Countess Lovelace"), await shop.staff()
    query = "query ($search: String) { customers(search: $search) { totalCount edges { node { id email } } } }"
    answer = (await shop.ask(query, {"search": "love"}, clerk))["customers"]
    assert answer == {"totalCount": 1, "edges": [{"node": {"id": ada.id, "email": ada.email}}]}
    assert await code_of(shop, query, {}, ada.token) == "FORBIDDEN"
    assert await code_of(shop, query, {}, None) == "UNAUTHENTICATED"


ROLE = "{ __typename ... on CustomRole { id name version scopes } ... on InvalidInput { fields { path } } }"
NEW_ROLE = f"mutation ($input: CreateCustomRoleInput!) {{ createCustomRole(input: $input) {ROLE} }}"
CHANGE_ROLE = f"mutation ($input: ChangeCustomRoleInput!) {{ changeCustomRole(input: $input) {ROLE} }}"
END_ROLE = "mutation ($input: DeleteCustomRoleInput!) { deleteCustomRole(input: $input) { __typename } }"
ASSIGN = """
mutation ($input: AssignCustomRoleInput!) { assignCustomRole(input: $input) { __typename ... on User { scopes } } }
"""
CODES = "{ discountCodes { totalCount } }"
ORDERS = "{ orders { totalCount } }"


async def test_a_role_of_the_shops_own_lets_do_what_it_says_and_no_more(shop: Shop) -> None:
    root, ada = await admin(shop), await shop.customer()
    made = {"name": " Warehouse ", "scopes": ["ORDERS_SHIP"]}
    role = (await shop.ask(NEW_ROLE, {"input": made}, root))["createCustomRole"]
    assert (role["name"], role["version"]) == ("Warehouse", 1)
    twice = (await shop.ask(NEW_ROLE, {"input": made}, root))["createCustomRole"]
    assert twice["fields"] == [{"path": ["input", "name"]}]
    given = {"roleId": role["id"], "userId": ada.id}
    for _ in range(2):  # the second time nothing happens
        assert (await shop.ask(ASSIGN, {"input": given}, root))["assignCustomRole"]["scopes"] == ["ORDERS_SHIP"]
    assert await code_of(shop, ORDERS, {}, ada.token) == "UNAUTHENTICATED"
    ada = await signed_in(shop, ada.email)
    assert (await shop.ask(ORDERS, {}, ada))["orders"] == {"totalCount": 0}
    assert await code_of(shop, CODES, {}, ada.token) == "FORBIDDEN"
    holders = await shop.ask("{ customRoles { name holders { email } } me { scopes } }", {}, root)
    assert holders["customRoles"] == [{"name": "Warehouse", "holders": [{"email": ada.email}]}]

    change = {"id": role["id"], "version": 1, "name": "Sales", "scopes": ["DISCOUNTS_WRITE"]}
    assert (await shop.ask(CHANGE_ROLE, {"input": change}, root))["changeCustomRole"]["version"] == 2
    stale = (await shop.ask(CHANGE_ROLE, {"input": change}, root))["changeCustomRole"]
    assert stale["__typename"] == "StaleVersion"
    ada = await signed_in(shop, ada.email)
    assert (await shop.ask(CODES, {}, ada))["discountCodes"] == {"totalCount": 0}
    assert await code_of(shop, ORDERS, {}, ada.token) == "FORBIDDEN"

    await shop.ask(END_ROLE, {"input": {"id": role["id"]}}, root)
    assert await code_of(shop, CODES, {}, ada.token) == "UNAUTHENTICATED"
    ada = await signed_in(shop, ada.email)
    assert await code_of(shop, CODES, {}, ada.token) == "FORBIDDEN"
    assert await code_of(shop, "{ customRoles { id } }", {}, ada.token) == "FORBIDDEN"
    log = [entry["action"] for entry in entries(await shop.ask(AUDIT, {}, root))]
    assert [name for name in log if name.startswith("custom_role")] == [
        "custom_role.deleted", "custom_role.changed", "custom_role.assigned", "custom_role.created"
    ]  # fmt: skip
