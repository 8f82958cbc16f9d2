"""What a user's name, e-mail address, language and password may be; passwords are hashed beside the event loop."""

import hashlib
import re
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import lru_cache
from importlib.resources import files

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError

from infra.hashing.ask import PROCESSES, hash_apart, verify_apart
from infra.turns import Full, Turns
from services.shared.errors import InvalidInput, TryAgain
from services.shared.texts import prints

EMAIL_MAX = 254

_DOTLESS = ("gmail.com", "googlemail.com")
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_ADDRESS = re.compile(rf"[^\s@\"(),:;<>\[\\\]]{{1,64}}@(?:{_LABEL}\.)+{_LABEL}")

# Of what nobody sees, that which counts as printable: variation selectors, fillers and their like.
_UNSEEN = re.compile(r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")


class InvalidEmail(ValueError):
    """The message is for the person who typed it."""


def normalise_email(typed: str) -> str:
    """Returns the address trimmed, NFKC, in lower case. Errors: InvalidEmail."""
    if len(typed) > 2 * EMAIL_MAX:
        raise InvalidEmail("is too long")
    email = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", typed).lower()).strip()
    if len(email) > EMAIL_MAX:
        raise InvalidEmail("is too long")
    local = email.partition("@")[0]
    dotted_wrong = local.startswith(".") or local.endswith(".") or ".." in local
    is_seen = email.isprintable() and _UNSEEN.search(email) is None
    if dotted_wrong or not is_seen or _ADDRESS.fullmatch(email) is None:
        raise InvalidEmail("is not an e-mail address")
    return email


def person_key(email: str) -> str:
    """Returns what all spellings of a normalised address have in common, hashed: without what is after a ``+``,
    without the dots that Gmail does not look at, and with its domain in ASCII.
    """
    local, _, domain = email.rpartition("@")
    local, domain = local.partition("+")[0] or local, _in_ascii(domain)
    if domain in _DOTLESS:
        local, domain = local.replace(".", ""), _DOTLESS[0]
    return hashlib.sha256(f"rushcart person 1:{local}@{domain}".encode()).hexdigest()


def _in_ascii(domain: str) -> str:
    """Returns the domain as mail servers know it: bücher.example is xn--bcher-kva.example."""
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain


MAX_NAME = 100


class InvalidName(ValueError):
    """The message is for the person who typed it."""


def normalise_name(typed: str) -> str:
    """Returns the name trimmed and composed (NFC). Errors: InvalidName."""
    name = unicodedata.normalize("NFC", typed[: 4 * MAX_NAME]).strip()
    if not 1 <= len(name) <= MAX_NAME or not any(unicodedata.category(char)[0] in "LNSP" for char in name):
        raise InvalidName(f"must have 1 to {MAX_NAME} characters")
    if not prints(name):
        raise InvalidName("must not hold control characters")
    return name


MAX_LOCALE = 16
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)


def normalise_locale(typed: str) -> str:
    """Returns the language in small letters, e.g. ``zh-Hans``. Errors: InvalidInput at ``locale``."""
    if len(typed) > MAX_LOCALE or not _TAG.fullmatch(typed):
        raise InvalidInput.at("locale", message="is not a language tag such as en or zh-Hans")
    language, separator, rest = typed.partition("-")
    return f"{language.lower()}{separator}{rest}"


PASSWORD_MIN, PASSWORD_MAX = 8, 1024
# Four bytes a character; compatibility forms can unfold into many more.
MAX_BYTES = 4 * PASSWORD_MAX

# OWASP's password storage cheat sheet: argon2id with 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Of a random password nobody has, with the parameters above: an unknown e-mail costs what a known one does.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$mPbbA9tPGvLn7JxCWLgiPA$eABJZ4LPeyMdtUCKD9M5CnD1Wey02Oj+pRUj89TDIOU"
# One more than can hash: it asks the stores meanwhile.
_AT_ONCE = PROCESSES + 1
_PATIENCE = 1.0

_turns = Turns(_AT_ONCE, _PATIENCE)
_has_turn: ContextVar[bool] = ContextVar("has_turn", default=False)


def password_problem(password: str, email: str = "") -> str | None:
    """Returns what is wrong with a new password, said to who typed it; ``email`` is theirs, and no password."""
    prepared = _prepare(password)
    if prepared is None or not PASSWORD_MIN <= len(prepared.decode()) <= PASSWORD_MAX:
        return f"must have {PASSWORD_MIN} to {PASSWORD_MAX} characters"
    if is_common(prepared.decode()) or password.strip().casefold() == email.strip().casefold():
        return "is one of those that everybody tries first"
    return None


def needs_rehash(stored: str) -> bool:
    """Returns whether the hash was made with other parameters than today's."""
    try:
        return _HASHER.check_needs_rehash(stored)
    except InvalidHashError:
        return True


@asynccontextmanager
async def turn_to_hash(whose: str) -> AsyncIterator[None]:
    """Wait until it is the turn of who asks, an address or an account: to be entered before anything is done that
    a hash is needed for. A turn within a turn is the same one.

    Errors: TryAgain when too many wait.
    """
    if _has_turn.get():
        yield
        return
    try:
        async with _turns.turn(whose):
            token = _has_turn.set(True)
            try:
                yield
            finally:
                _has_turn.reset(token)
    except Full as error:
        raise TryAgain(round(error.retry_after * 1000)) from error


async def hash_password(password: str) -> str:
    """Hash a password that has no problem, in the turn that the caller has or one of its own.

    Returns the PHC string to store. Errors: TryAgain when too many wait.
    """
    async with turn_to_hash(""):
        return await hash_apart(_HASHER, _prepare(password) or b"")


async def verify_password(stored: str | None, password: str) -> bool:
    """Returns whether it is the password; takes as long when there is none. Errors: TryAgain."""
    prepared = _prepare(password)
    async with turn_to_hash(""):
        matches = await verify_apart(_HASHER, stored or _NOBODY, prepared or b"")
    return matches and bool(stored) and prepared is not None


def _prepare(password: str) -> bytes | None:
    """Returns what is hashed; None for what nobody can have as a password."""
    if len(password) > PASSWORD_MAX:
        return None
    # The same password typed on another system may come decomposed (NIST SP 800-63B, 3.1.1.2).
    try:
        prepared = unicodedata.normalize("NFKC", password).encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return None
    return prepared if len(prepared) <= MAX_BYTES else None


def is_common(password: str) -> bool:
    """Returns whether the password is a common one, regardless of case."""
    return password.casefold() in _common()


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    text = files("services.user").joinpath("data/common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(text.split())
