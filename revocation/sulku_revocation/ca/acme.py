"""The adapter to any CA with ACME: revocation by account key or by the certificate's own key (RFC 8555, 7.6).

ACME names the certificate by its DER, tells no status and keeps no invalidity date. "Already revoked" is an error;
what stands then is seen from the issuer's CRL. An account may revoke what it ordered, or what it has proven to control;
a CA's own desk is given an account that may revoke everything, or is handed the certificate's key.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import Field

from sulku_kernel.clock import Clock, SystemClock
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.bounded_http import Answer, HttpFetch
from sulku_revocation.ca.acme_jws import SigningKey, UnusableKeyError, base64url
from sulku_revocation.ca.acme_session import AcmeSession, read_problem
from sulku_revocation.ca.adapter_settings import (
    AdapterOptions,
    AdapterSettings,
    read_options,
    tls_to_ca,
)
from sulku_revocation.ca.authority import (
    Accepted,
    Adapter,
    AlreadyRevoked,
    Capabilities,
    CertificateStatus,
    KeyWanted,
    Lookup,
    OrderToSend,
    Receipt,
    Refused,
)
from sulku_revocation.ca.embedded.key_files import read_secret
from sulku_revocation.ca.own_issuers import is_issued_by
from sulku_revocation.ca.published_status import look_at_published
from sulku_revocation.ca.rest import CaHttp, not_now, quoted
from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.certificate_files import find_certificates
from sulku_revocation.domain.certificate_reading import read_certificate
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord

_OPENBAO_KNOWS_NOT = "no global cert entry found"  # its way to say so, as an error of its own
_OPENBAO_WANTS_ANOTHER_KEY = "does not match certificate's public key"  # told as a malformed request
_SUFFIXES = (".pem", ".crt", ".cer", ".der")
_IMPORT_IT = "Import it (sulku register import); the order goes on by itself."


class AcmeOptions(AdapterOptions):
    """See docs/ca-acme.md."""

    account_key: Path = Field(description="PEM: the account's private key, mode 0600.")
    certificates: Path | None = Field(
        None, description="Folder with certificates that the register lacks, each a file named by its serial in hex."
    )
    takes_reasons: bool = Field(True, description="false for a server that refuses every reason.")  # noqa: FBT003
    trusted: Path | None = Field(None, description="PEM: CAs trusted for TLS; without it the system's.")


def open_acme(settings: AdapterSettings) -> Acme:
    """The adapter by its settings; their url is that of the directory. Raises ConfigurationError."""
    return Acme(settings, read_options(AcmeOptions, settings), SystemClock())


class Acme(Adapter):
    """A `CertificateAuthority` behind an ACME directory."""

    def __init__(self, settings: AdapterSettings, options: AcmeOptions, clock: Clock) -> None:
        self.capabilities = Capabilities(
            keeps_reason=options.takes_reasons, lookup=Lookup.PUBLISHED, by_key=True, by_certificate=True
        )
        self._options = options
        self._clock = clock
        self._http = CaHttp(settings, tls_to_ca(options.trusted))
        self._published = HttpFetch()
        self._session = AcmeSession(self._http)
        self._account: tuple[bytes, SigningKey, str] | None = None  # the file's content, the key, its account

    def close(self) -> None:
        """See `CertificateAuthority.close`."""
        self._http.close()
        self._published.close()

    def probe(self) -> None:
        """See `CertificateAuthority.probe`: whether the server knows the account."""
        self._account = None
        self._signer()

    def lookup(self, issuer: IssuerRecord, serial: SerialNumber) -> CertificateStatus:
        """See `CertificateAuthority.lookup`: by OCSP or the CRL."""
        return look_at_published(self._published, issuer, serial, self._clock.now())

    def revoke(self, order: OrderToSend) -> Receipt:
        """See `CertificateAuthority.revoke`."""
        key, account = self._signer()
        return self._send(self._payload(order), key, account)

    def revoke_with_key(self, order: OrderToSend, key: PrivateKeyTypes) -> Receipt:
        """See `CertificateAuthority.revoke_with_key`: signed with it instead of with an account's."""
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
            raise Refused("malformed", "ACME takes no signatures of such a key")
        return self._send(self._payload(order), key, None)

    def _send(self, payload: dict[str, Any], key: SigningKey, account: str | None) -> Receipt:
        try:
            answer = self._session.ask(self._session.address("revokeCert"), key, payload, account=account)
        except UnusableKeyError as error:
            raise Refused("malformed", f"ACME takes no signatures of {error}") from error
        if answer.status == 200:
            return Accepted(None)
        return self._unlike_accepted(answer, account)

    def _unlike_accepted(self, answer: Answer, account: str | None) -> Receipt:
        """What an error comes to (RFC 8555, 6.7). Raises Refused, TryLater and ConfigurationError."""
        problem = read_problem(answer)
        said = quoted(problem.detail)
        match problem.kind:
            case "alreadyRevoked":
                return AlreadyRevoked()
            case "badRevocationReason":
                raise Refused("reason", f"the CA refuses: {said}")
            case "unauthorized" | "malformed" if account is None and (
                problem.kind == "unauthorized" or _OPENBAO_WANTS_ANOTHER_KEY in problem.detail
            ):
                raise Refused("not_authorised", f"the key given is not the certificate's: {said}")
            case "unauthorized":
                raise KeyWanted(f"this account may not revoke it: {said}")
            case "accountDoesNotExist":
                self._account = None
                raise self._http.wrong(f"the ACME server does not know our account: {said}", "See docs/ca-acme.md.")
            case "malformed" if answer.status in (400, 404):
                raise Refused("unknown_serial", f"the CA does not take it for its own: {said}")
            case "serverInternal" if _OPENBAO_KNOWS_NOT in problem.detail:
                raise Refused("unknown_serial", f"the CA never issued it: {said}")
        raise not_now(answer)

    def _payload(self, order: OrderToSend) -> dict[str, Any]:
        """The certificate, and the reason unless it is none. Raises Refused and ConfigurationError."""
        der = order.certificate or self._in_folder(order.serial)
        _require_that_of(order, der)
        payload: dict[str, Any] = {"certificate": base64url(der)}
        if order.reason is not ReasonCode.UNSPECIFIED and self._options.takes_reasons:
            payload["reason"] = int(order.reason)
        return payload

    def _in_folder(self, serial: SerialNumber) -> bytes:
        """The DER of a file. Raises ConfigurationError: the order waits until somebody has given it."""
        folder = self._options.certificates
        for file in () if folder is None else (folder / f"{serial.hex}{suffix}" for suffix in _SUFFIXES):
            try:
                return find_certificates(file.read_bytes())[0]
            except FileNotFoundError:
                continue
            except (OSError, UnreadableError) as error:
                raise self._http.wrong(f"{file} cannot be read: {error}", _IMPORT_IT) from error
        raise self._http.wrong(
            f"ACME revokes by the whole certificate, and of {serial} the register has only its digest", _IMPORT_IT
        )

    def _signer(self) -> tuple[SigningKey, str]:
        """The account's key and address; a changed file is read anew. Raises TryLater and ConfigurationError."""
        content = read_secret(self._options.account_key)
        known = self._account
        if known is None or known[0] != content:
            key = self._load(content)
            known = (content, key, self._session.find_account(key))
            self._account = known
        return known[1], known[2]

    def _load(self, content: bytes) -> SigningKey:
        try:
            key = load_pem_private_key(content, None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
            raise self._http.wrong(
                f"{self._options.account_key} holds no private key that ACME knows",
                "Give an RSA, EC or Ed25519 key in PEM without a passphrase.",
            )
        return key


def _require_that_of(order: OrderToSend, der: bytes) -> None:
    try:
        certificate = read_certificate(der)
    except UnreadableError as error:
        raise Refused("malformed", f"the certificate on file cannot be read: {error}") from error
    if certificate.serial != order.serial:
        raise Refused("malformed", f"the certificate on file is not {order.serial}")
    if not is_issued_by(certificate, order.issuer_name, order.issuer_key_identifier):
        raise Refused("wrong_issuer", f"the certificate on file was not issued by {order.issuer_name}")
    if certificate.is_ca:
        raise Refused("not_authorised", f"{order.serial} is the certificate of a CA")
