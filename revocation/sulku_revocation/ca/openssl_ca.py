"""The adapter to `openssl ca`: a CA that is a folder with an `index.txt`, on this machine or one that is mounted.

`openssl ca` locks nothing and knows no "already": a certificate that is not in its register is *added* as revoked. So
every call looks and acts under a lock of ours, which the administrator's own scripts must take too (`flock`).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import Field

from sulku_kernel.errors import ConfigurationError
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.adapter_settings import AdapterOptions, AdapterSettings, read_options
from sulku_revocation.ca.authority import (
    Accepted,
    Adapter,
    AlreadyRevoked,
    Capabilities,
    CertificateState,
    CertificateStatus,
    Lacking,
    NotSupported,
    OrderToSend,
    Receipt,
    Refused,
    TryLater,
)
from sulku_revocation.ca.certificate_pem import OwnCertificates
from sulku_revocation.ca.issued_numbers import only_lacking
from sulku_revocation.ca.programs import Ended, run
from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.library_errors import UNREADABLE
from sulku_revocation.domain.openssl_index import IndexLine, read_index
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord

LOCK_NAME = "sulku.lock"
# `openssl ca -crl_reason` of 3.x knows no privilegeWithdrawn (9).
_REASONS = frozenset(ReasonCode) - {ReasonCode.PRIVILEGE_WITHDRAWN}


class OpensslCaOptions(AdapterOptions):
    """See docs/ca-openssl-ca.md."""

    config: Path = Field(description="The CA's openssl.cnf.")
    section: str = Field("", description="The CA's section in it; without it the default one.")
    folder: Path = Field(description="The folder with index.txt; the lock lies there too.")
    certificates: Path = Field(description="The folder new_certs_dir, with SERIAL.pem of what was issued.")
    issuer: Path = Field(description="PEM: the CA's own certificate.")
    password_file: Path | None = Field(None, description="Password of the CA's key, mode 0600.")
    crl: Path | None = Field(None, description="Where a new CRL is written (PEM) after each revocation.")
    program: Path = Field(Path("/usr/bin/openssl"), description="The openssl to run.")
    seconds: float = Field(30, gt=0, le=600, description="How long one call may take.")


def open_openssl_ca(settings: AdapterSettings) -> OpensslCa:
    """The adapter by its settings. Raises ConfigurationError."""
    return OpensslCa(read_options(OpensslCaOptions, settings))


class OpensslCa(Adapter):
    """See the module."""

    def __init__(self, options: OpensslCaOptions) -> None:
        self._options = options
        self._issuers = OwnCertificates(options.issuer)
        self.capabilities = Capabilities(
            reasons=_REASONS, invalidity_date=True, register=True, crl_trigger=options.crl is not None
        )

    def probe(self) -> None:
        """See `CertificateAuthority.probe`: the register is read, and openssl reads the configuration and the key."""
        with self._locked() as lock:
            self._index()
            ended = self._openssl(lock, "-gencrl", "-out", "/dev/null") if self._options.crl else None
        if ended is not None and ended.code:
            raise _not_usable(ended)

    def lookup(self, issuer: IssuerRecord, serial: SerialNumber) -> CertificateStatus:
        """See `CertificateAuthority.lookup`."""
        self._issuers.find(issuer.name, issuer.key_identifier)
        with self._locked():
            return _status(self._index().get(int(serial)))

    def revoke(self, order: OrderToSend) -> Receipt:
        """See `CertificateAuthority.revoke`."""
        self._issuers.find(order.issuer_name, order.issuer_key_identifier)
        with self._locked() as lock:
            before = _status(self._index().get(int(order.serial)))
            if before.state is CertificateState.UNKNOWN:
                raise Refused("unknown_serial", f"{order.serial} is not in the register of this CA")
            if before.state is CertificateState.REVOKED:
                return AlreadyRevoked(before.reason, before.revoked_at)
            ended = self._openssl(lock, "-revoke", str(self._file(order.serial)), *_reason_options(order))
            after = _status(self._index().get(int(order.serial)))
        if after.state is CertificateState.REVOKED:
            return Accepted(after.revoked_at, reason=after.reason)
        raise _not_usable(ended)

    def publish_crl(self, issuer: IssuerRecord) -> None:
        """See `CertificateAuthority.publish_crl`: the file is replaced whole."""
        if self._options.crl is None:
            raise NotSupported("options.crl is not set: the CA makes its CRL in its own time")
        self._issuers.find(issuer.name, issuer.key_identifier)
        draft = self._options.crl.with_name(f".{self._options.crl.name}.new")
        with self._locked() as lock:
            ended = self._openssl(lock, "-gencrl", "-out", str(draft))
            if ended.code:
                raise _not_usable(ended)
            draft.replace(self._options.crl)

    def register(self, lacking: Lacking | None = None) -> Iterator[bytes]:
        """See `CertificateAuthority.register`, in the order of index.txt."""
        with self._locked():
            serials = [SerialNumber(serial) for serial in self._index()]
        for serial in only_lacking(serials, lacking):
            yield self._certificate(serial).public_bytes(Encoding.DER)

    def _openssl(self, lock: int, *what: str) -> Ended:
        options = self._options
        section = ("-name", options.section) if options.section else ()
        password = ("-passin", f"file:{options.password_file}") if options.password_file else ()
        command = (options.program, "ca", "-batch", "-config", options.config, *section, *password, *what)
        return run(command, seconds=options.seconds, folder=options.folder, lock=lock)

    def _index(self) -> dict[int, IndexLine]:
        file = self._options.folder / "index.txt"
        try:
            return read_index(file.read_text(encoding="utf-8", errors="replace"))
        except UnreadableError as error:
            raise TryLater(f"{file}: {error}") from error
        except FileNotFoundError as error:
            raise ConfigurationError(
                f"{file} is not there",
                next_step="Correct options.folder. When openssl was killed while it wrote, index.txt.new beside it is "
                "the register: compare it with index.txt.old and put it in place.",
            ) from error
        except OSError as error:
            raise ConfigurationError(f"{file}: {error.strerror}", next_step="Let this user read it.") from error

    def _file(self, serial: SerialNumber) -> Path:
        """`openssl ca` names files by the serial number in whole octets, upper-case."""
        digits = serial.hex.upper()
        return self._options.certificates / f"{digits.rjust(len(digits) + len(digits) % 2, '0')}.pem"

    def _certificate(self, serial: SerialNumber) -> x509.Certificate:
        file = self._file(serial)
        try:
            return x509.load_pem_x509_certificate(file.read_bytes())
        except (OSError, *UNREADABLE) as error:
            raise TryLater(f"{file} cannot be read: {type(error).__name__}") from error

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Alone among the threads and processes that take this lock. It is gone with its holders.

        An openssl that outlives this process holds it too: nobody reads the register while it is written.
        """
        file = self._options.folder / LOCK_NAME
        try:
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigurationError(
                f"{file}: {error.strerror}", next_step="Correct options.folder; this user must be able to write there."
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)


def _status(line: IndexLine | None) -> CertificateStatus:
    if line is None:
        return CertificateStatus(CertificateState.UNKNOWN)
    if line.revoked_at is None:
        return CertificateStatus(CertificateState.GOOD)
    return CertificateStatus(CertificateState.REVOKED, line.reason, line.revoked_at)


def _reason_options(order: OrderToSend) -> tuple[str, ...]:
    """Reason 0 is written as none; a time of compromise makes the reason keyCompromise by itself."""
    if order.reason is ReasonCode.KEY_COMPROMISE and order.invalidity_at is not None:
        return ("-crl_compromise", order.invalidity_at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ"))
    if order.reason is ReasonCode.UNSPECIFIED:
        return ()
    return ("-crl_reason", order.reason.rfc_name)


def _not_usable(ended: Ended) -> TryLater:
    return TryLater(
        f"openssl ca ended with {ended.code}: {ended.last_words}",
        next_step="Run the same by hand: openssl ca -config …, as the desk's user.",
    )
