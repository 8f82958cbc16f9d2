"""Lists of the processes, as those who balance or scrape read them from a file."""

from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from infra.discovery.instance import API, Instance

Address = tuple[str, int]


def for_prometheus(found: Sequence[Instance]) -> bytes:
    """Returns targets for ``file_sd_configs`` and ``http_sd_configs``: all that serve metrics, ready or not."""
    groups = [{"targets": [_host(_address(one))], "labels": _labels(one)} for one in found if one.url]
    return orjson.dumps(groups, option=orjson.OPT_INDENT_2) + b"\n"


def for_nginx(found: Sequence[Instance], area: str | None = None) -> bytes:
    """Returns lines to ``include`` within an ``upstream``."""
    return b"".join(f"server {_host(address)};\n".encode() for address in _ready(found, area))


def for_envoy(found: Sequence[Instance], area: str | None = None) -> bytes:
    """Returns the endpoints of the cluster ``rushcart``, or of ``rushcart_AREA``, for ``eds_config`` with
    ``path_config_source``."""
    endpoints = [
        {"endpoint": {"address": {"socket_address": {"address": host, "port_value": port}}}}
        for host, port in _ready(found, area)
    ]
    resource: dict[str, Any] = {
        "@type": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
        "cluster_name": "rushcart" if area is None else f"rushcart_{area}",
        "endpoints": [{"lb_endpoints": endpoints}],
    }
    return orjson.dumps({"resources": [resource]}, option=orjson.OPT_INDENT_2) + b"\n"


BALANCED: Final[dict[str, Callable[[Sequence[Instance], str | None], bytes]]] = {
    "envoy": for_envoy,
    "nginx": for_nginx,
}
"""Lists for balancers, of the APIs or of an area's processes."""


def _labels(one: Instance) -> dict[str, str]:
    return {"instance_id": one.id, "kind": one.kind, "version": one.version}


def _ready(found: Sequence[Instance], area: str | None) -> list[Address]:
    """Returns the processes that are ready; all when none is, as no list at all would not be better. APIs serve
    an area that has no processes."""
    own = [one for one in found if one.kind == area] or [one for one in found if one.kind == API]
    ready = [one for one in own if one.ready] or own
    return list(dict.fromkeys(map(_address, ready)))


def _address(one: Instance) -> Address:
    parts = urlsplit(one.url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _host(address: Address) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
