"""etcd by its JSON gateway: keys, and leases they live with.

https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/
"""

import ssl
from base64 import b64decode, b64encode
from typing import Any

import httpx2

from infra.http_client import HttpClient
from settings import Settings
from settings.errors import BadSetting


class EtcdUnavailable(Exception):
    """None of the endpoints gave an answer that helps."""


class LeaseExpired(Exception):
    """The keys of the lease are gone."""


class Etcd:
    """The endpoints are tried one after the other, from the one that answered last. Seconds are of one try."""

    def __init__(self, settings: Settings, timeout: float = 2.0) -> None:
        self._endpoints = [endpoint.rstrip("/") for endpoint in settings.etcd_endpoints]
        self._user, self._password = settings.etcd_user, settings.etcd_password
        self._token: str | None = None
        self._http = HttpClient(timeout=timeout, trust_env=False, verify=_tls(settings))

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
                answer = await self._post(method, body)
                if answer.is_success:
                    return dict(answer.json())
                if "lease not found" in answer.text:
                    raise LeaseExpired
                problem = f"{self._endpoints[0]} answered {answer.status_code}"
            except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
                problem = f"{self._endpoints[0]}: {type(error).__name__}"
            self._endpoints.append(self._endpoints.pop(0))
        raise EtcdUnavailable(problem)

    async def _post(self, method: str, body: dict[str, Any]) -> httpx2.Response:
        """A token lives for minutes: one that is refused is asked for anew, once."""
        url = f"{self._endpoints[0]}/v3/"
        for is_last in (False, True):
            if self._user and self._token is None:
                self._token = await self._authenticate(url)
            headers = {"Authorization": self._token} if self._token else {}
            answer = await self._http.post(f"{url}{method}", json=body, headers=headers)
            if is_last or not self._token or "invalid auth token" not in answer.text:
                break
            self._token = None
        return answer

    async def _authenticate(self, url: str) -> str | None:
        password = self._password.get_secret_value() if self._password else ""
        answer = await self._http.post(f"{url}auth/authenticate", json={"name": self._user, "password": password})
        return str(answer.json()["token"]) if answer.is_success else None


def _tls(settings: Settings) -> ssl.SSLContext:
    """Errors: BadSetting."""
    try:
        context = ssl.create_default_context(cafile=settings.etcd_ca_file)
        if settings.etcd_certificate is not None:
            context.load_cert_chain(settings.etcd_certificate, settings.etcd_key)
    except OSError as error:  # of TLS, too
        raise BadSetting("RUSHCART_ETCD_CA_FILE, _CERTIFICATE or _KEY cannot be read") from error
    return context


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()
