"""``rushcart keys``: the keys that sign access tokens."""

import time
from datetime import UTC, datetime, timedelta

import click
from sqlalchemy.exc import SQLAlchemyError

from cli.shared.one_shot import run_once
from infra.clock import to_millis
from infra.signing_keys import BadSigningKey, KeyFolder, SigningKeys
from settings import Settings, get_settings

# Longer than a server takes to look into the folder.
_LEAD = 3.0
# A key that has not signed for so long is removed, unless tokens live even longer.
_KEPT = timedelta(days=2)


@click.group()
def keys() -> None:
    """Rotate and list the ES256 keys that sign access tokens.

    Servers that run side by side must share RUSHCART_HOME/keys, or have the same RUSHCART_SIGNING_KEY. With that
    setting, rotate in two steps: append the new key on all servers, then move it to the front; remove the old one
    when its tokens have expired.
    """


@keys.command("list")
def list_() -> None:
    """Show each key's id, since when it signs, and what it is for now."""
    settings = get_settings()
    try:
        found = SigningKeys.from_settings(settings)
    except BadSigningKey as error:
        raise click.ClickException(str(error)) from error
    now = datetime.now(UTC)
    current = found.current(now)
    for key in found.all:
        state = "signs" if key is current else "will sign" if key.signs_from > to_millis(now) else "verifies"
        click.echo(f"{key.kid}  {_shown(key.signs_from)}  {state}")


@keys.command()
@click.option("--lead", default=_LEAD, show_default=True, type=click.FloatRange(0, 86400), metavar="SECONDS")
@click.option("--compromised", is_flag=True, help="Remove the old keys now, and with them every access token.")
def rotate(lead: float, compromised: bool) -> None:
    """Make a new key. It is shown in /.well-known/jwks.json at once and signs after --lead seconds.

    Running servers notice by themselves. The old key verifies until its tokens have expired, and is removed by a
    rotation two days later. --compromised is for a key that has leaked; clients then refresh their sessions.
    """
    settings = get_settings()
    if settings.signing_key is not None:
        raise click.ClickException("The keys are those of RUSHCART_SIGNING_KEY: see rushcart keys --help.")
    folder = KeyFolder(settings.home)
    now = time.time()
    old = folder.names()
    if not old:
        lead = 0.0
    made = folder.add(int((now + (0.0 if compromised else lead)) * 1000))
    removed = _remove(folder, old, settings, now, compromised)
    _record(made.kid, compromised)
    click.echo(f"{made.kid}  {_shown(made.signs_from)}  new; {removed} removed")


def _remove(folder: KeyFolder, old: tuple[str, ...], settings: Settings, now: float, compromised: bool) -> int:
    if compromised:
        return folder.remove(old)
    lives = max(settings.sign_in.access_token_ttl, settings.sign_in.revocation_ttl, _KEPT.total_seconds())
    return folder.remove_superseded(int((now - lives) * 1000))


def _record(kid: str, compromised: bool) -> None:
    """In the audit log, where there is a database already. The keys are rotated in any case."""
    from services.audit.record_rotation import record_rotation

    try:
        run_once(lambda infra: record_rotation(infra, kid, compromised=compromised))
    except (click.ClickException, SQLAlchemyError):
        click.echo("The rotation could not be recorded in the audit log.", err=True)


def _shown(millis: int) -> str:
    if not millis:
        return "from the start      "
    return datetime.fromtimestamp(millis / 1000, UTC).isoformat(sep=" ", timespec="seconds").replace("+00:00", "Z")
