"""Puts the embedded CA on a port: CRLs, certificates and OCSP for everybody, an admin API for the desk.

GET  /crl/<slug>.crl            the complete CRL; 304 when it is still the one of If-None-Match
GET  /ca/<slug>.crt             the issuer's certificate
POST /ocsp/<slug>               an OCSP request; also GET /ocsp/<slug>/<base64> (RFC 6960, A.1)
POST /admin/revoke              an order, with the token as bearer (docs/ca-local.md)
POST /admin/revoke-many         up to 500 orders, each with its own key
GET  /admin/status/<serial>     what the CA's records say
GET  /admin/register?after=<n>  what was issued, page by page
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import socket
import threading
from collections.abc import Awaitable, Callable

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from sulku_kernel.errors import ConfigurationError, InputError, NotFoundError, SulkuError, UnavailableError
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca import wire
from sulku_revocation.ca.authority import Refused
from sulku_revocation.ca.embedded.authority import EmbeddedCa
from sulku_revocation.ca.embedded.responder import LONGEST_REQUEST
from sulku_revocation.domain.record import IssuerRecord

log = structlog.get_logger()

BODY_SECONDS = 10
START_SECONDS = 10
PUBLISH_EVERY_SECONDS = 1
MOST_CONNECTIONS = 512
RETRY_AFTER_SECONDS = 5
_FRESH = {"Cache-Control": "no-cache"}  # what is revoked must be seen at once, not when a cache forgets

Endpoint = Callable[[Request], Awaitable[Response]]


class CaServer:
    """Serves `ca`. With port 0 the system chooses one: see `port`. It does not close the CA."""

    def __init__(self, ca: EmbeddedCa, token: str, host: str, port: int) -> None:
        self._socket = _bind(host, port)
        self._host = host
        self._ca = ca
        config = uvicorn.Config(
            ca_app(ca, token),
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="ca", daemon=True
        )

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{self._host}:{self.port}"

    def start(self) -> None:
        """Serve in a thread of its own; returns when it answers. Raises UnavailableError when it does not."""
        self._thread.start()
        waiting = threading.Event()
        for _ in range(START_SECONDS * 100):
            if self._server.started:
                return
            if not self._thread.is_alive():
                break
            waiting.wait(0.01)
        raise UnavailableError("the CA's server did not start")

    def stop(self) -> None:
        """Finish what is being answered and stop."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join()
        self._socket.close()

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop` is set and keep the CRLs fresh. Raises UnavailableError when the server ends by itself."""
        self.start()
        try:
            while not stop.is_set():
                if not self._thread.is_alive():
                    raise UnavailableError("the CA's server ended")
                self._publish()
                stop.wait(PUBLISH_EVERY_SECONDS)
        finally:
            self.stop()

    def _publish(self) -> None:
        try:
            self._ca.publish()
        except UnavailableError as error:
            log.warning("ca.not_published", error=str(error))


def ca_app(ca: EmbeddedCa, token: str) -> Starlette:
    """The application."""
    published, admin = _Published(ca), _Admin(ca)
    routes = [
        Route("/crl/{slug}.crl", _safe(published.crl), methods=["GET"]),
        Route("/ca/{slug}.crt", _safe(published.certificate), methods=["GET"]),
        Route("/ocsp/{slug}", _safe(published.ocsp_post), methods=["POST"]),
        Route("/ocsp/{slug}/{encoded:path}", _safe(published.ocsp_get), methods=["GET"]),
        Route("/admin/revoke", _safe(_with_token(token, admin.revoke)), methods=["POST"]),
        Route("/admin/revoke-many", _safe(_with_token(token, admin.revoke_many)), methods=["POST"]),
        Route("/admin/status/{serial}", _safe(_with_token(token, admin.status)), methods=["GET"]),
        Route("/admin/register", _safe(_with_token(token, admin.register)), methods=["GET"]),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _no_such_place})


class _Published:
    """What relying parties ask."""

    def __init__(self, ca: EmbeddedCa) -> None:
        self._ca = ca

    async def crl(self, request: Request) -> Response:
        der = await run_in_threadpool(self._ca.crl, request.path_params["slug"])
        headers = {**_FRESH, "ETag": f'"{hashlib.sha256(der).hexdigest()}"'}
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(der, media_type="application/pkix-crl", headers=headers)

    async def certificate(self, request: Request) -> Response:
        der = self._ca.issuer_certificate(request.path_params["slug"])
        return Response(der, media_type="application/pkix-cert")

    async def ocsp_post(self, request: Request) -> Response:
        return await self._ocsp(request, await _body(request, LONGEST_REQUEST))

    async def ocsp_get(self, request: Request) -> Response:
        try:
            encoded = request.path_params["encoded"].encode("ascii")
            der = base64.b64decode(encoded, validate=True)
        except (UnicodeEncodeError, binascii.Error):
            der = b""  # answered as a malformed request
        return await self._ocsp(request, der)

    async def _ocsp(self, request: Request, der: bytes) -> Response:
        answer = await run_in_threadpool(self._ca.ocsp, request.path_params["slug"], der)
        return Response(answer, media_type="application/ocsp-response", headers=_FRESH)


class _Admin:
    """What the desk's adapter asks."""

    def __init__(self, ca: EmbeddedCa) -> None:
        self._ca = ca

    async def revoke(self, request: Request) -> Response:
        order = wire.read_order(await _body(request, wire.LARGEST_MESSAGE))
        # An order that has come is carried out, even when its sender has gone meanwhile: it will ask again.
        receipt = await run_in_threadpool(self._ca.revoke, order)
        return _json(wire.write_receipt(receipt))

    async def revoke_many(self, request: Request) -> Response:
        asked = wire.read_orders(await _body(request, wire.LARGEST_ORDERS))
        orders = [one for one in asked if not isinstance(one, Refused)]
        done = iter(await run_in_threadpool(self._ca.revoke_many, orders))
        return _json(wire.write_outcomes([one if isinstance(one, Refused) else next(done) for one in asked]))

    async def status(self, request: Request) -> Response:
        try:
            serial = SerialNumber.from_hex(request.path_params["serial"])
        except ValueError as error:
            raise wire.MessageError(str(error)) from error
        asked = request.query_params
        name, key_identifier = asked.get("issuer_name", ""), asked.get("issuer_key_identifier", "")
        issuer = IssuerRecord(0, name, key_identifier, False, "", "", None)  # noqa: FBT003  a record has no names to call
        return _json(wire.write_status(await run_in_threadpool(self._ca.lookup, issuer, serial)))

    async def register(self, request: Request) -> Response:
        after = request.query_params.get("after", "0")
        if not (after.isascii() and after.isdecimal() and len(after) < 19):
            raise wire.MessageError("after is a number of the register")
        rows = await run_in_threadpool(self._ca.register_page, int(after))
        return _json(wire.write_register_page(rows))


def _with_token(token: str, endpoint: Endpoint) -> Endpoint:
    """Only with the token. It is compared in constant time, and before anything else is looked at."""
    expected = f"Bearer {token}".encode()

    async def guarded(request: Request) -> Response:
        given = request.headers.get("authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, expected):
            response = _refusal(401, "not_authorised", "this token is not the one of this CA")
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        return await endpoint(request)

    return guarded


def _safe(endpoint: Endpoint) -> Endpoint:
    """Errors as JSON with `why`; what is our fault says nothing of its inside."""

    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except SulkuError as error:
            return _not_done(error, request.url.path)
        except HTTPException as error:
            return _refusal(error.status_code, "malformed", error.detail)
        except ClientDisconnect:  # nobody hears this, and nothing was done
            return _refusal(400, "malformed", "the request ended in the middle")
        except Exception:
            log.exception("ca.failed", path=request.url.path)
            return _refusal(500, "try_later", "an internal error")

    return answered


def _not_done(error: SulkuError, path: str) -> Response:
    match error:
        case Refused():
            return _refusal(wire.status_of_refusal(error.why), error.why, str(error))
        case NotFoundError():
            return _refusal(404, "not_found", str(error))
        case InputError():
            return _refusal(400, "malformed", str(error))
        case _:
            log.warning("ca.unavailable", path=path, error=str(error))
            response = _refusal(503, "try_later", "the CA cannot do this now")
            response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
            return response


async def _body(request: Request, limit: int) -> bytes:
    """The body, when it comes in time and is not too long. Raises HTTPException."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > limit:
                    raise HTTPException(413, f"more than {limit} octets")
    except TimeoutError:
        raise HTTPException(408, "the body did not come") from None
    return bytes(body)


async def _no_such_place(request: Request, error: Exception) -> Response:  # noqa: ARG001  starlette's signature
    assert isinstance(error, HTTPException)
    return _refusal(error.status_code, "not_found", error.detail)


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})


def _refusal(status: int, why: str, message: str) -> Response:
    return Response(wire.write_refusal(why, message), status, media_type="application/json")


def _bind(host: str, port: int) -> socket.socket:
    """Raises ConfigurationError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Without the protocol named, asyncio does not switch Nagle's algorithm off and each answer waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(256)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"the CA cannot listen on {host} port {port}: {error.strerror}",
            next_step="Set ca.host and ca.port to an address of this machine and a free port.",
        ) from error
    return listener
