"""The adapter to OpenBao, and to HashiCorp Vault, which has the same API: the PKI secrets engine over HTTP.

It keeps no reason and no invalidity date: every revocation is recorded without a reason, and the receipt says what was
lost. A second revocation changes nothing and answers with the first date. A mount may hold several issuers, and serial
numbers are asked for by mount: whose a certificate is, is read from the certificate itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import Field

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.bounded_http import Answer
from sulku_revocation.ca.adapter_settings import (
    AdapterOptions,
    AdapterSettings,
    read_credential,
    read_options,
    tls_to_ca,
)
from sulku_revocation.ca.authority import (
    Accepted,
    Adapter,
    Capabilities,
    CertificateState,
    CertificateStatus,
    Lacking,
    OrderToSend,
    Receipt,
    Refused,
    TryLater,
)
from sulku_revocation.ca.issued_numbers import only_lacking
from sulku_revocation.ca.own_issuers import OwnIssuers, first_certificate, is_issued_by, read_issued
from sulku_revocation.ca.rest import LARGEST_LIST, CaHttp, not_now, quoted, read_object
from sulku_revocation.domain.certificate_reading import ReadCertificate
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord

_MOST_LOOKED_AT = 1_000
_PATH = r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$"


class OpenBaoOptions(AdapterOptions):
    """See docs/ca-openbao.md."""

    mount: str = Field("pki", pattern=_PATH, description="Path of the PKI engine.")
    role_id: str = Field("", description="Of an AppRole; the token_file then holds its secret id.")
    namespace: str = Field("", description="Namespace, where there are any.")
    trusted: Path | None = Field(None, description="PEM: CAs trusted for TLS; without it the system's.")


def open_openbao(settings: AdapterSettings) -> OpenBao:
    """The adapter by its settings. Raises ConfigurationError."""
    return OpenBao(settings, read_options(OpenBaoOptions, settings))


class OpenBao(Adapter):
    """A `CertificateAuthority` behind one mount of a PKI engine."""

    capabilities = Capabilities(keeps_reason=False, register=True, crl_trigger=True, by_key=True)

    def __init__(self, settings: AdapterSettings, options: OpenBaoOptions) -> None:
        self._options = options
        self._http = CaHttp(settings, tls_to_ca(options.trusted))
        self._mount = f"/v1/{options.mount}"
        self._token = ""  # of an AppRole, while it lasts
        self._logging_in = Lock()
        self._issuers = OwnIssuers(self._list_issuers)
        # A look comes before each order: what a certificate is need not be asked for twice, since it never changes.
        self._looked_at: dict[SerialNumber, ReadCertificate] = {}

    def close(self) -> None:
        """See `CertificateAuthority.close`."""
        self._http.close()

    def probe(self) -> None:
        """See `CertificateAuthority.probe`: the engine's CRL settings, which only the policy's token may read."""
        self._ask("GET", f"{self._mount}/config/crl")

    def lookup(self, issuer: IssuerRecord, serial: SerialNumber) -> CertificateStatus:
        """See `CertificateAuthority.lookup`."""
        self._issuers.find(issuer.name, issuer.key_identifier)
        found = self._find(serial)
        if found is None or not is_issued_by(found[0], issuer.name, issuer.key_identifier):
            return CertificateStatus(CertificateState.UNKNOWN)
        certificate, revoked_at = found
        if len(self._looked_at) > _MOST_LOOKED_AT:
            self._looked_at.clear()
        self._looked_at[serial] = certificate
        if revoked_at is None:
            return CertificateStatus(CertificateState.GOOD)
        return CertificateStatus(CertificateState.REVOKED, ReasonCode.UNSPECIFIED, revoked_at)

    def revoke(self, order: OrderToSend) -> Receipt:
        """See `CertificateAuthority.revoke`."""
        self._require_own(order)
        return self._send("revoke", {"serial_number": colons(order.serial)}, order)

    def revoke_with_key(self, order: OrderToSend, key: PrivateKeyTypes) -> Receipt:
        """See `CertificateAuthority.revoke_with_key`; the CA gets to see the key."""
        self._require_own(order)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return self._send("revoke-with-key", {"serial_number": colons(order.serial), "private_key": pem}, order)

    def register(self, lacking: Lacking | None = None) -> Iterator[bytes]:
        """See `CertificateAuthority.register`; in the order of the engine, which knows no other."""
        answer = self._ask("LIST", f"{self._mount}/certs", limit=LARGEST_LIST, missing=True)
        keys = [] if answer is None else _field(answer, "keys", list)
        for serial in only_lacking([_serial(key) for key in keys], lacking):
            one = self._ask("GET", f"{self._mount}/cert/{colons(serial)}", missing=True)
            if one is not None:
                yield first_certificate(_field(one, "certificate", str))

    def publish_crl(self, issuer: IssuerRecord) -> None:
        """See `CertificateAuthority.publish_crl`; the engine makes the CRLs of all its issuers anew."""
        self._issuers.find(issuer.name, issuer.key_identifier)
        self._ask("GET", f"{self._mount}/crl/rotate")

    def _send(self, what: str, plain: dict[str, Any], order: OrderToSend) -> Receipt:
        answer = self._ask("POST", f"{self._mount}/{what}", plain=plain, refusal=True)
        assert answer is not None
        if answer.status != 200:
            raise _refusal(answer, order)
        if _says_expired(answer):
            raise Refused("not_authorised", f"{order.serial} has expired, and this CA revokes no expired certificate")
        revoked_at = _revoked_at(answer)
        if revoked_at is None:
            raise TryLater("the CA answered a revocation without its date")
        return Accepted(revoked_at, reason=ReasonCode.UNSPECIFIED)

    def _require_own(self, order: OrderToSend) -> None:
        """The engine would revoke the serial number whichever of its issuers it is of, and its own issuers too."""
        self._issuers.find(order.issuer_name, order.issuer_key_identifier)
        certificate = self._looked_at.pop(order.serial, None) or (self._find(order.serial) or (None,))[0]
        if certificate is None or not is_issued_by(certificate, order.issuer_name, order.issuer_key_identifier):
            raise Refused("unknown_serial", f"{order.serial} was never issued by {order.issuer_name}")
        if certificate.is_ca:
            raise Refused("not_authorised", f"{order.serial} is the certificate of a CA")

    def _find(self, serial: SerialNumber) -> tuple[ReadCertificate, datetime | None] | None:
        answer = self._ask("GET", f"{self._mount}/cert/{colons(serial)}", missing=True)
        if answer is None:
            return None
        certificate = read_issued(_field(answer, "certificate", str))
        if certificate.serial != serial:
            raise TryLater(f"the CA answered with another certificate than {serial}")
        return certificate, _revoked_at(answer)

    def _list_issuers(self) -> Iterator[tuple[str, bytes]]:
        answer = self._ask("LIST", f"{self._mount}/issuers", missing=True)
        for identifier in [] if answer is None else _field(answer, "keys", list):
            one = self._ask("GET", f"{self._mount}/issuer/{identifier}/json")
            assert one is not None
            yield str(identifier), first_certificate(_field(one, "certificate", str))

    def _ask(
        self,
        method: str,
        path: str,
        *,
        plain: dict[str, Any] | None = None,
        limit: int = 1_000_000,
        missing: bool = False,
        refusal: bool = False,
    ) -> Answer | None:
        """The answer when it is 200; with `refusal` a 400 or 500 too; None for "not there" with `missing`.

        An AppRole's token that has run out is asked for again, once.
        """
        answer = self._http.ask(method, path, plain=plain, headers=self._headers(), limit=limit)
        if answer.status == 403 and self._token:
            self._token = ""
            answer = self._http.ask(method, path, plain=plain, headers=self._headers(), limit=limit)
        if answer.status == 200 or (refusal and answer.status in (400, 500)):
            return answer
        if answer.status == 404 and missing and not _errors(answer):
            return None
        raise self._fault(answer)

    def _fault(self, answer: Answer) -> Exception:
        said = quoted("; ".join(_errors(answer)))
        if answer.status == 403:
            return self._http.wrong(
                f"the CA does not allow it: {said}", "Give a token with the policy of docs/ca-openbao.md."
            )
        if answer.status == 404 and "no handler for route" in said:
            return self._http.wrong(f"there is no such PKI engine: {said}", "Correct options.mount.")
        return not_now(answer)  # 503: sealed or in standby; 5xx and everything else decide nothing

    def _headers(self) -> dict[str, str]:
        headers = {"X-Vault-Token": self._login() if self._options.role_id else self._credential()}
        if self._options.namespace:
            headers["X-Vault-Namespace"] = self._options.namespace
        return headers

    def _credential(self) -> str:
        return read_credential(self._http.settings.token_file, self._http.settings)

    def _login(self) -> str:
        """The token of the AppRole (`auth/approle/login`). Raises ConfigurationError when the secret id is refused."""
        with self._logging_in:
            if not self._token:
                plain = {"role_id": self._options.role_id, "secret_id": self._credential()}
                answer = self._http.ask("POST", "/v1/auth/approle/login", plain=plain)
                if answer.status in (400, 403):
                    raise self._http.wrong("the AppRole is refused", "Put a new secret id into its token_file.")
                if answer.status != 200:
                    raise not_now(answer)
                self._token = str(_member(read_object(answer), "auth", "client_token"))
            return self._token


def colons(serial: SerialNumber) -> str:
    """`0b:f4:ea`: how the engine writes serial numbers. Without colons it finds nothing."""
    return int(serial).to_bytes((int(serial).bit_length() + 7) // 8, "big").hex(":")


def _serial(key: object) -> SerialNumber:
    """What stands in the engine's list. Raises TryLater."""
    try:
        return SerialNumber.from_hex(str(key).replace(":", "").replace("-", ""))
    except ValueError as error:
        raise TryLater(f"the CA lists {quoted(key)}, which is no serial number") from error


def _refusal(answer: Answer, order: OrderToSend) -> Exception:
    """The engine says "not found" and "not this key" in words only; other 500s are its own trouble."""
    said = " ".join(_errors(answer))
    if "private key does not match" in said:
        return Refused("not_authorised", f"the key given is not the key of {order.serial}")
    if answer.status == 400 and "not found" in said:
        return Refused("unknown_serial", f"{order.serial} was never issued by this CA")
    if answer.status == 400:
        return Refused("malformed", f"the CA refuses: {quoted(said)}")
    return not_now(answer)


def _says_expired(answer: Answer) -> bool:
    """It answers 200 and does nothing, with a warning (unless `allow_expired_cert_revocation` is set)."""
    warnings = read_object(answer).get("warnings")
    return isinstance(warnings, list) and any("already expired" in str(one) for one in warnings)


def _errors(answer: Answer) -> list[str]:
    """What the engine says is wrong; of some other program's answer, just that it is one."""
    try:
        errors = read_object(answer).get("errors")
    except TryLater:
        errors = None
    return [str(one) for one in errors] if isinstance(errors, list) else ["an answer of another program"]


def _revoked_at(answer: Answer) -> datetime | None:
    """Seconds since 1970, 0 for never."""
    seconds = _field(answer, "revocation_time", int)
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 2**40 else None


def _field(answer: Answer, name: str, kind: type) -> Any:
    value = _member(read_object(answer), "data", name)
    if not isinstance(value, kind):
        raise TryLater(f"the CA's answer has no {name}")
    return value


def _member(plain: dict[str, Any], outer: str, inner: str) -> Any:
    value = plain.get(outer)
    if not isinstance(value, dict) or inner not in value:
        raise TryLater(f"the CA's answer has no {inner}")
    return value[inner]
