"""The demo's mails: what customers, strangers and machines write to the desk, in three languages (`mails.toml`).

`demo_mails` makes them from the organisations and certificates of the demo's world. The same world gives the same
bytes, so that a second start knows which mails it sent at the first.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from importlib.resources import files
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sulku_desk.demo.organisations import InventedContact
from sulku_kernel.language import Language
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import CertificateType

DESK = "vptuotanto@vrk.fi"
_REAL = frozenset({CertificateType.SERVER, CertificateType.SYSTEM_SIGNATURE})


@dataclass(frozen=True, slots=True)
class DemoCertificate:
    """A certificate of the demo's world. `part`: what it is for (`kanta`, `kanta-old`, …); `serial`: lower-case hex."""

    part: str
    kind: CertificateType
    common_name: str
    host_names: tuple[str, ...]
    serial: str
    der: bytes
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class DemoOrganisation:
    """A holder of the demo's world."""

    name: str
    business_id: str
    oid: str
    language: Language
    domain: str
    contacts: tuple[InventedContact, ...]
    certificates: tuple[DemoCertificate, ...]

    @property
    def address(self) -> Address:
        """The contact who may ask for revocations."""
        contact = next(contact for contact in self.contacts if "revocation" in contact.roles)
        return Address(f"{contact.name}, {self.name}", addr_spec=contact.email)


@dataclass(frozen=True, slots=True)
class DemoMail:
    """A mail as it goes over the wire.

    `title` says in the terminal what it is about. `decide_for`: the reason for which the demo's own operator and
    approver decide at once; None for a request that waits for whoever looks at the console.
    """

    title: str
    raw: bytes
    mail_from: str
    rcpt_to: str = DESK
    decide_for: ReasonCode | None = None

    @property
    def sha256(self) -> str:
        """How the desk knows these bytes again."""
        return hashlib.sha256(self.raw).hexdigest()


def demo_mails(organisations: Iterable[DemoOrganisation]) -> tuple[DemoMail, ...]:
    """All mails in the order in which they are sent. Raises KeyError when a holder or a certificate is missing."""
    by_name = {organisation.name: organisation for organisation in organisations}
    made: dict[str, DemoMail] = {}
    for number, row in enumerate(_rows()):
        if "again" in row:
            made[row["title"]] = _again(made[row["again"]], row["title"])
        else:
            made[row["title"]] = _mail(number, row, by_name)
    return tuple(made.values())


def _rows() -> list[dict[str, Any]]:
    text = files("sulku_desk.demo").joinpath("mails.toml").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = tomllib.loads(text)["mail"]
    return rows


def _again(mail: DemoMail, title: str) -> DemoMail:
    return DemoMail(title, mail.raw, mail.mail_from)


def _mail(number: int, row: Mapping[str, Any], by_name: Mapping[str, DemoOrganisation]) -> DemoMail:
    sender = by_name.get(row["from"])
    about = by_name[row["about"]] if "about" in row else sender
    words = _words(about) if about else {}
    message = EmailMessage(policy=SMTP)
    message["From"] = sender.address if sender else _stranger(row["from"])
    message["To"] = DESK
    message["Subject"] = row["subject"]
    message["Date"] = _first_start(by_name) + timedelta(seconds=40 * number)
    message["Message-ID"] = f"<demo.{number}.{_digest(row, words)}@{message['From'].addresses[0].domain}>"
    for name, value in row.get("headers", {}).items():
        message[name] = value
    kind = "html" if "html" in row else "plain"
    text = row.get("html", row.get("text", "")).lstrip("\n").format(**words)
    message.set_content(text, subtype=kind, cte=row.get("encoding", "8bit"))
    if "attach" in row and about:
        pem = x509.load_der_x509_certificate(_certificate(about, row["attach"]).der).public_bytes(Encoding.PEM)
        message.add_attachment(pem, maintype="application", subtype="x-pem-file", filename="certifikat.pem")
    if "forward" in row and about:
        message.add_attachment(_inner(row, about, words))
    if message.is_multipart():
        message.set_boundary(f"=_demo_{number}")
    reason = ReasonCode.from_rfc_name(row["decide_for"]) if "decide_for" in row else None
    return DemoMail(row["title"], message.as_bytes(), message["From"].addresses[0].addr_spec, decide_for=reason)


def _stranger(text: str) -> Address:
    name, address = parseaddr(text)
    return Address(name, addr_spec=address)


def _inner(row: Mapping[str, Any], about: DemoOrganisation, words: Mapping[str, str]) -> EmailMessage:
    """The mail that the supplier had got from its customer."""
    inner = EmailMessage(policy=SMTP)
    inner["From"] = about.address
    inner["To"] = "asiakastuki@silta-valitys.example"
    inner["Subject"] = row["forward"]
    inner.set_content(row["forwarded"].lstrip("\n").format(**words), cte="8bit")
    return inner


def _first_start(by_name: Mapping[str, DemoOrganisation]) -> datetime:
    """When the world was made, as far as its youngest certificates tell: the mails were written just then."""
    begins = max(c.not_before for organisation in by_name.values() for c in organisation.certificates)
    return begins + timedelta(days=30)


def _digest(row: Mapping[str, Any], words: Mapping[str, str]) -> str:
    return hashlib.sha256(repr((row["title"], sorted(words.items()))).encode()).hexdigest()[:16]


def _certificate(organisation: DemoOrganisation, part: str) -> DemoCertificate:
    """The real one of this part, not its test twin."""
    for certificate in organisation.certificates:
        if certificate.part == part and certificate.kind in _REAL:
            return certificate
    raise KeyError(f"{organisation.name} has no certificate for {part}")


def _words(organisation: DemoOrganisation) -> dict[str, str]:
    words = {"organisation": organisation.name, "oid": organisation.oid}
    for certificate in organisation.certificates:
        if certificate.kind in _REAL:
            words |= _spellings(certificate.part, certificate.serial)
            if certificate.part == "kanta":
                words["host"] = certificate.host_names[0]
    return words


def _spellings(part: str, serial: str) -> dict[str, str]:
    digits = serial.rjust(len(serial) + len(serial) % 2, "0")
    pairs = [digits[at : at + 2] for at in range(0, len(digits), 2)]
    wrong = format((int(digits[-3], 16) + 5) % 16, "x")
    return {
        part: digits,
        f"{part}_colons": ":".join(pairs).upper(),
        f"{part}_blanks": " ".join(pairs).upper(),
        f"{part}_typo": f"{digits[:-3]}{wrong}{digits[-2:]}",
    }
