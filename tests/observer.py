"""The stores for a test to look into, without the haste of a server."""

from contextlib import AbstractAsyncContextManager

from infra.runtime import Infra, open_infra
from settings import Settings

_PATIENCE = 10.0


def observer(settings: Settings) -> AbstractAsyncContextManager[Infra]:
    return open_infra(settings.model_copy(update={"store_timeout": _PATIENCE}))
