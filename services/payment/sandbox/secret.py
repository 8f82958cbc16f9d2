"""The secret that the sandbox signs its webhooks with: from the settings, or made and kept in RUSHCART_HOME."""

import os
from secrets import token_hex

from infra.home import make_home
from settings import Settings


def webhook_secret(settings: Settings) -> bytes:
    """Returns the secret; processes that share a home share it."""
    if settings.payments.sandbox_secret is not None:
        return settings.payments.sandbox_secret.get_secret_value().encode()
    path = settings.home / "sandbox.secret"
    if not path.exists():
        make_home(settings.home)
        made = path.with_name(f"{path.name}.{os.getpid()}")
        made.touch(mode=0o600)
        made.write_text(token_hex(32))
        try:
            # Whole or not there; the first one's stays.
            os.link(made, path)
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return path.read_bytes()
