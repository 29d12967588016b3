"""`EmbeddedCa`: a certificate authority in a folder. It issues, revokes, signs CRLs and answers OCSP; without HTTP.

    lock           held while a process has the CA open: it has one writer
    issuers.toml   the administrator's own issuers; without it those that come with the program
    keys/*.pem     private keys, readable by their owner alone
    *.crt          the issuers' certificates (DER)
    crl/*.crl      the newest CRL of each issuer, for a web server in front
    ca.sqlite      what was issued, revoked and ordered, and the CRL numbers

Open it with `with EmbeddedCa(…) as ca`; threads may share it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import RLock
from typing import Self

import structlog

from sulku_kernel.clock import Clock
from sulku_kernel.errors import ConfigurationError, InputError, NotFoundError, UnavailableError
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.authority import (
    Accepted,
    Adapter,
    AlreadyRevoked,
    Capabilities,
    CertificateState,
    CertificateStatus,
    Lacking,
    Mark,
    OrderToSend,
    Outcome,
    Receipt,
    Refused,
    TryLater,
)
from sulku_revocation.ca.embedded import responder
from sulku_revocation.ca.embedded.folder import lock_folder, read_certificate, write_file
from sulku_revocation.ca.embedded.hierarchy import IssuerSettings, load_hierarchy
from sulku_revocation.ca.embedded.issuing import (
    CertificateToIssue,
    Issuer,
    make_certificate,
    make_own_certificate,
    new_serial,
)
from sulku_revocation.ca.embedded.key_files import algorithm_of, load_or_make_key, sign_bytes
from sulku_revocation.ca.embedded.records import Records, Revocation
from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.crl_writing import encode_crl_entry, write_crl
from sulku_revocation.domain.distinguished_name import name_key, parse_name, read_name
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord
from sulku_revocation.domain.spki import spki_of

log = structlog.get_logger()

CRL_LASTS = timedelta(hours=48)
CRL_RENEWED_AFTER = timedelta(hours=12)  # ETSI EN 319 411-1, CSS-6.3.9-05 wants a new one at least every 24 h


# Of the digests of some keys (`domain.spki`) those that are on the block list.
Blocked = Callable[[Collection[str]], Collection[str]]


def _none_is_blocked(_: Collection[str]) -> Collection[str]:
    return ()


@dataclass(frozen=True, slots=True)
class _Crl:
    der: bytes
    this_update: datetime
    next_update: datetime


@dataclass(slots=True)
class _Joined:
    """The encoded entries of a CRL up to a number of the revocations."""

    last: int = 0
    entries: bytearray = field(default_factory=bytearray)


class EmbeddedCa(Adapter):
    """See the module. It is a `CertificateAuthority` by itself; `sulku_desk.ca_server` puts it on a port."""

    capabilities = Capabilities(
        invalidity_date=True, update_reason=True, is_idempotent=True, register=True, marks=True, batch=500
    )

    def __init__(self, folder: Path, base_url: str, clock: Clock, *, blocked: Blocked = _none_is_blocked) -> None:
        """Open the CA in `folder`, or make it. `base_url` is where certificates say that CRL and OCSP are found.

        `blocked` is the block list of compromised keys, which is asked before anything is issued.

        Raises ConfigurationError for what is wrong in the folder, UnavailableError when a process has it open.
        """
        self._folder = folder
        self._clock = clock
        self._blocked = blocked
        self._lock = RLock()
        self._crls: dict[str, _Crl] = {}
        self._joined: dict[str, _Joined] = {}
        self._responders: dict[str, responder.Responder] = {}
        self._make_folders()
        self._folder_lock = lock_folder(folder)
        try:
            settings = load_hierarchy(folder, base_url)
            self._records = Records(folder / "ca.sqlite")
            self._issuers: dict[str, Issuer] = {}
            for one in settings:
                self._issuers[one.slug] = self._open_issuer(one)
        except BaseException:
            self.close()
            raise
        # Whether the last CRL holds every revocation is not known after a start: each is made anew.
        self._changed = set(self._issuers)

    def close(self) -> None:
        """Close the database and let others open the folder."""
        if hasattr(self, "_records"):
            self._records.close()
        os.close(self._folder_lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- what it is --------------------------------------------------------------------------------------------

    @property
    def issuers(self) -> tuple[IssuerSettings, ...]:
        """The issuers, parents first."""
        return tuple(issuer.settings for issuer in self._issuers.values())

    def issuer_certificate(self, slug: str) -> bytes:
        """The issuer's own certificate as DER. Raises NotFoundError."""
        return self._issuer(slug).der

    # --- issuing -----------------------------------------------------------------------------------------------

    def issue(self, slug: str, request: CertificateToIssue) -> bytes:
        """Issue a certificate and return its DER. Raises InputError when the issuer does not issue such, or its key."""
        return self.issue_many(slug, [request])[0]

    def issue_many(self, slug: str, requests: Iterable[CertificateToIssue]) -> list[bytes]:
        """Issue certificates in one transaction, all or none, and return their DER in order.

        Raises InputError, for a key on the block list too (TLS BR 6.1.1.3), and what asking the block list raises: when
        that cannot be read nothing is issued.
        """
        issuer, asked = self._issuer(slug), list(requests)
        self._refuse_blocked(asked)
        with self._writing():
            return [self._issue(issuer, request) for request in asked]

    def _refuse_blocked(self, requests: Sequence[CertificateToIssue]) -> None:
        blocked = set(self._blocked({spki_of(request.public_key) for request in requests}))
        for request in requests:
            if spki_of(request.public_key) in blocked:
                raise InputError(
                    f"nothing is issued for {request.subject.rfc4514_string()}: the key is on the block list of "
                    "compromised keys",
                    next_step="Have the holder make a new key.",
                )

    def _issue(self, issuer: Issuer, request: CertificateToIssue) -> bytes:
        slug = issuer.settings.slug
        serial = new_serial(issuer.settings.serials, self._clock.now())
        while self._records.is_ca(slug, serial) is not None:
            serial = new_serial(issuer.settings.serials, self._clock.now())
        der = make_certificate(issuer, request, serial)
        self._records.add_certificate(slug, serial, der)
        return der

    # --- a certificate authority, as the desk sees it -----------------------------------------------------------

    def probe(self) -> None:
        """See `CertificateAuthority.probe`: whether its database can be read."""
        self.register_page(10**17)

    def lookup(self, issuer: IssuerRecord, serial: SerialNumber) -> CertificateStatus:
        """See `CertificateAuthority.lookup`."""
        slug = self._find_issuer(issuer.name, issuer.key_identifier).settings.slug
        return self._status(slug, serial)

    def revoke(self, order: OrderToSend) -> Receipt:
        """See `CertificateAuthority.revoke`. Only certificates of holders: never one of a CA."""
        issuer = self._find_issuer(order.issuer_name, order.issuer_key_identifier)
        _check_order(order)
        with self._writing():
            return self._revoke(issuer.settings.slug, order)

    def revoke_many(self, orders: Sequence[OrderToSend]) -> list[Outcome]:
        """See `CertificateAuthority.revoke_many`: one transaction, in which one order's refusal stops no other."""
        with self._writing():
            return [self._revoke_or_refuse(order) for order in orders]

    def _revoke_or_refuse(self, order: OrderToSend) -> Outcome:
        try:
            issuer = self._find_issuer(order.issuer_name, order.issuer_key_identifier)
            _check_order(order)
            return self._revoke(issuer.settings.slug, order)
        except Refused as error:
            return error

    def register(self, lacking: Lacking | None = None) -> Iterator[bytes]:
        """See `CertificateAuthority.register`; the CA's own certificates come first."""
        return self.register_since(Mark(), lacking)

    def register_since(self, mark: Mark, lacking: Lacking | None = None) -> Iterator[bytes]:  # noqa: ARG002  whole pages come
        """See `CertificateAuthority.register_since`: the mark is the last number of the records."""
        while rows := self.register_page(int(mark.value or 0)):
            yield from (der for _, der in rows)
            mark.value = str(rows[-1][0])

    def register_page(self, after: int) -> list[tuple[int, bytes]]:
        """Some certificates behind number `after` with their numbers; none at the end. Raises TryLater."""
        with self._reading():
            return self._records.certificates(after)

    def _revoke(self, slug: str, order: OrderToSend) -> Receipt:
        known = self._records.order(order.idempotency_key)
        if known is not None and known != (slug, order.serial.hex, int(order.reason)):
            raise Refused("malformed", f"another order came under the key {order.idempotency_key!r} before")
        is_ca = self._records.is_ca(slug, order.serial)
        if is_ca is None:
            raise Refused("unknown_serial", f"{order.serial} was never issued by {slug}")
        if is_ca:
            raise Refused("not_authorised", f"{order.serial} is a certificate of a CA, which is not revoked this way")
        before = self._records.revocation(slug, order.serial)
        if before is None:
            return self._record(slug, order, self._clock.now().replace(microsecond=0))
        if known is not None and before.reason == order.reason:
            return Accepted(before.revoked_at, is_repeat=True)
        if order.update_reason and before.reason != ReasonCode.KEY_COMPROMISE:
            return self._record(slug, order, before.revoked_at)
        return AlreadyRevoked(before.reason, before.revoked_at)

    def _record(self, slug: str, order: OrderToSend, revoked_at: datetime) -> Accepted:
        if order.update_reason:
            self._joined.pop(slug, None)  # an entry that was joined before may change
        entry = encode_crl_entry(order.serial, revoked_at, order.reason, order.invalidity_at)
        self._records.put_revocation(slug, order.serial, Revocation(int(order.reason), revoked_at), entry)
        self._records.add_order(order.idempotency_key, slug, order.serial, int(order.reason), self._clock.now())
        self._changed.add(slug)
        return Accepted(revoked_at)

    # --- what relying parties see ------------------------------------------------------------------------------

    def crl(self, slug: str) -> bytes:
        """The issuer's complete CRL as DER: a new one when something was revoked or the last is half a day old.

        When a new one cannot be made (a full disk) the last is served as long as it is valid. Raises NotFoundError and
        TryLater.
        """
        issuer = self._issuer(slug)
        now = self._clock.now()
        with self._lock:
            kept = self._crls.get(slug)
            if kept is not None and slug not in self._changed and _is_fresh(kept, now):
                return kept.der
            try:
                return self._make_crl(issuer, now).der
            except UnavailableError:
                if kept is None or now >= kept.next_update:
                    raise
                log.warning("ca.crl_not_renewed", issuer=slug)
                return kept.der

    def publish(self) -> None:
        """Make every CRL that is due. Call it now and then: nobody may be asking."""
        for slug in self._issuers:
            self.crl(slug)

    def ocsp(self, slug: str, request_der: bytes) -> bytes:
        """The answer to an OCSP request, as DER. Raises NotFoundError and TryLater."""
        issuer, now = self._issuer(slug), self._clock.now()
        return responder.answer(
            request_der, issuer, self._responder(issuer, now), lambda serial: self._status(slug, serial), now
        )

    def _responder(self, issuer: Issuer, now: datetime) -> responder.Responder:
        """The one that answers for the issuer now; a new one in time before its certificate ends."""
        slug = issuer.settings.slug
        with self._lock:
            kept = self._responders.get(slug)
            if kept is None or not kept.is_fresh(now):
                kept = self._responders[slug] = responder.Responder.of(issuer, now)
                log.info("ca.responder_made", issuer=slug, serial=format(kept.certificate.serial_number, "x"))
            return kept

    def _make_crl(self, issuer: Issuer, now: datetime) -> _Crl:
        slug = issuer.settings.slug
        with self._writing():  # the number is taken for good before anybody can see it
            number = self._records.next_crl_number(slug)
        with self._reading():
            entries = self._joined_entries(slug)
        this_update = now.replace(microsecond=0)
        der = write_crl(
            issuer_name=issuer.certificate.subject.public_bytes(),
            key_identifier=issuer.key_identifier,
            number=number,
            this_update=this_update,
            next_update=this_update + CRL_LASTS,
            entries=[entries],
            algorithm=algorithm_of(issuer.key),
            sign=lambda to_sign: sign_bytes(issuer.key, to_sign),
        )
        made = self._crls[slug] = _Crl(der, this_update, this_update + CRL_LASTS)
        self._changed.discard(slug)
        try:
            write_file(self._folder / "crl" / f"{slug}.crl", der)
        except OSError as error:  # the file is a copy: what is asked of us is answered from memory
            log.warning("ca.crl_file_not_written", issuer=slug, error=error.strerror)
        return made

    def _joined_entries(self, slug: str) -> bytes:
        """All entries of the issuer's CRL; only those are read that are new since the last one was made."""
        joined = self._joined.setdefault(slug, _Joined())
        for number, entry in self._records.crl_entries(slug, joined.last):
            joined.last = number
            joined.entries += entry
        return bytes(joined.entries)

    def _status(self, slug: str, serial: SerialNumber) -> CertificateStatus:
        with self._reading():
            if self._records.is_ca(slug, serial) is None:
                return CertificateStatus(CertificateState.UNKNOWN)
            revocation = self._records.revocation(slug, serial)
        if revocation is None:
            return CertificateStatus(CertificateState.GOOD)
        return CertificateStatus(CertificateState.REVOKED, revocation.reason, revocation.revoked_at)

    # --- opening -----------------------------------------------------------------------------------------------

    def _make_folders(self) -> None:
        try:
            for folder in (self._folder, self._folder / "keys", self._folder / "crl"):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise ConfigurationError(
                f"{self._folder}: {error.strerror}", next_step="Choose a folder that this user may write."
            ) from error

    def _open_issuer(self, settings: IssuerSettings) -> Issuer:
        """Key and certificate of an issuer; made when neither is there. Raises ConfigurationError."""
        key_file = self._folder / "keys" / f"{settings.slug}.pem"
        certificate_file = self._folder / f"{settings.slug}.crt"
        if certificate_file.exists() and not key_file.exists():
            raise ConfigurationError(
                f"{certificate_file} is there, and its key {key_file} is not",
                next_step="Restore the key from the backup; do not make a new one.",
            )
        key = load_or_make_key(key_file, settings.key)
        parent = self._issuers[settings.parent] if settings.parent else None
        if not certificate_file.exists():
            write_file(certificate_file, make_own_certificate(settings, key, parent, self._clock.now()))
        certificate = read_certificate(certificate_file)
        if certificate.subject != settings.subject or certificate.public_key() != key.public_key():
            raise ConfigurationError(
                f"{certificate_file} is not the certificate of this name and key",
                next_step="An issuer's name and key cannot be changed: give a new issuer a slug of its own.",
            )
        issuer = Issuer.of(settings, certificate, key)
        self._keep_own(settings.parent or settings.slug, issuer)
        return issuer

    def _keep_own(self, issued_by: str, issuer: Issuer) -> None:
        serial = SerialNumber(issuer.certificate.serial_number)
        with self._writing():
            if self._records.is_ca(issued_by, serial) is None:
                self._records.add_certificate(issued_by, serial, issuer.der, is_ca=True)

    # --- finding and locking -----------------------------------------------------------------------------------

    def _issuer(self, slug: str) -> Issuer:
        try:
            return self._issuers[slug]
        except KeyError:
            raise NotFoundError(
                f"this CA has no issuer {slug!r}", next_step=f"It has: {', '.join(self._issuers)}."
            ) from None

    def _find_issuer(self, name: str, key_identifier: str) -> Issuer:
        """By key identifier; by name when none is given. Raises Refused."""
        for issuer in self._issuers.values():
            if key_identifier == issuer.key_identifier.hex():
                return issuer
        if not key_identifier:
            for issuer in self._issuers.values():
                if _is_name_of(name, issuer):
                    return issuer
        raise Refused("wrong_issuer", f"{name} (key {key_identifier or 'not named'}) is no issuer of this CA")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """The database in one transaction, for one thread at a time. Raises TryLater when it cannot be written."""
        try:
            with self._lock, self._records.writing():
                yield
        except sqlite3.Error as error:
            raise TryLater(f"the CA's database: {error}", next_step="Is the disk full?") from error

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            with self._lock:
                yield
        except sqlite3.Error as error:
            raise TryLater(f"the CA's database: {error}") from error


def _check_order(order: OrderToSend) -> None:
    """Raises Refused."""
    if order.reason not in set(ReasonCode):
        raise Refused("reason", f"reason {int(order.reason)} is never written: there is no hold and no way back")
    if order.update_reason and order.reason is not ReasonCode.KEY_COMPROMISE:
        raise Refused("reason", "a reason that is recorded is only ever changed to keyCompromise (TLS BR 7.2.2)")
    if not order.idempotency_key:
        raise Refused("malformed", "the order has no idempotency key")


def _is_fresh(crl: _Crl, now: datetime) -> bool:
    """A clock that was set back makes it look made in the future: then a new one is made, too."""
    return crl.this_update - timedelta(seconds=1) <= now < crl.this_update + CRL_RENEWED_AFTER


def _is_name_of(name: str, issuer: Issuer) -> bool:
    try:
        return name_key(parse_name(name)) == name_key(read_name(issuer.certificate.subject.public_bytes()))
    except UnreadableError:
        return False
