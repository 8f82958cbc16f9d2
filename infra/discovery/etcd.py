"""etcd by its JSON gateway: keys, and leases they live with.

https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/
"""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any

import httpx2


class EtcdUnavailable(Exception):
    """None of the endpoints gave an answer that helps."""


class LeaseExpired(Exception):
    """The keys of the lease are gone."""


class Etcd:
    """``endpoints`` are tried one after the other, from the one that answered last. Seconds are of one try."""

    def __init__(self, endpoints: Sequence[str], timeout: float = 2.0) -> None:
        self._endpoints = [endpoint.rstrip("/") for endpoint in endpoints]
        self._http = httpx2.AsyncClient(timeout=timeout, trust_env=False)

    async def grant(self, ttl: int) -> str:
        """Grant a new lease of so many seconds; returns its id. Errors: EtcdUnavailable."""
        return str((await self._ask("lease/grant", {"TTL": ttl}))["ID"])

    async def keep_alive(self, lease: str) -> None:
        """Keep the lease for as long again. Errors: EtcdUnavailable, LeaseExpired."""
        answer = await self._ask("lease/keepalive", {"ID": lease})
        if int(answer.get("result", {}).get("TTL", 0)) <= 0:
            raise LeaseExpired(lease)

    async def revoke(self, lease: str) -> None:
        """Revoke the lease with its keys. Errors: EtcdUnavailable."""
        await self._ask("lease/revoke", {"ID": lease})

    async def put(self, key: str, value: bytes, lease: str) -> None:
        """Errors: EtcdUnavailable, LeaseExpired."""
        await self._ask("kv/put", {"key": _text(key.encode()), "value": _text(value), "lease": lease})

    async def list(self, prefix: str) -> dict[str, bytes]:
        """List what is under ``prefix``, by key. Errors: EtcdUnavailable."""
        start = prefix.encode()
        end = start[:-1] + bytes([start[-1] + 1])
        answer = await self._ask("kv/range", {"key": _text(start), "range_end": _text(end)})
        return {b64decode(one["key"]).decode(): b64decode(one.get("value", "")) for one in answer.get("kvs", ())}

    async def close(self) -> None:
        await self._http.aclose()

    async def _ask(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        problem = "there is no endpoint"
        for _ in range(len(self._endpoints)):
            try:
                answer = await self._http.post(f"{self._endpoints[0]}/v3/{method}", json=body)
                if answer.is_success:
                    return dict(answer.json())
                if "lease not found" in answer.text:
                    raise LeaseExpired
                problem = f"{self._endpoints[0]} answered {answer.status_code}"
            except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
                problem = f"{self._endpoints[0]}: {type(error).__name__}"
            self._endpoints.append(self._endpoints.pop(0))
        raise EtcdUnavailable(problem)


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()
