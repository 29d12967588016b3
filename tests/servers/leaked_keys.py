"""A desk on real roles whose certificates' private keys are known, and how long a proof takes to become a revocation."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from sulku_desk.instance import make_instance, open_instance
from sulku_desk.settings import load_settings
from sulku_kernel.actor import Actor
from sulku_kernel.clock import SystemClock
from sulku_kernel.serial_number import SerialNumber
from sulku_kernel.transaction import begin
from sulku_revocation.bounded_http import HttpFetch
from sulku_revocation.certificate_sources import Source
from sulku_revocation.domain.proofs.attestation import make_attestation
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord
from sulku_revocation.publication import see_publication
from sulku_revocation.register_import import import_certificates
from tests.servers.ca import issuer_record, open_ca, serial_of, to_issue
from tests.servers.running_desk import smtp_toml
from tests.servers.smtp import DESK, SmtpClient, wait_until

ROLES = ("ca", "intake", "worker", "dispatcher")
SECONDS = 60
LOOK_EVERY_SECONDS = 0.02
_CLOCK = SystemClock()


@dataclass(frozen=True)
class LeakedKey:
    """A certificate and its private key, as a finder has them."""

    key: ec.EllipticCurvePrivateKey
    serial: SerialNumber


@dataclass(frozen=True)
class LeakyDesk:
    """What is prepared in a home; start `ROLES` there with `toml` (`running_desk`)."""

    toml: str
    smtp_port: int
    issuer: IssuerRecord
    leaked: list[LeakedKey]

    def report(self, leaked: LeakedKey) -> float:
        """Hand in the proof; the seconds from DATA until CRL and OCSP show the revocation, seen from outside."""
        mail = _report(leaked)
        with SmtpClient(self.smtp_port, "EHLO") as client, closing(HttpFetch()) as fetch:
            client.begin_data("reports@keyscan.example")
            begin = time.perf_counter()
            client.send(mail + b".\r\n")
            assert client.answer().startswith("250")
            wait_until(lambda: self._is_visible(leaked.serial, fetch), "the revocation is visible", SECONDS)
            return time.perf_counter() - begin

    def _is_visible(self, serial: SerialNumber, fetch: HttpFetch) -> bool:
        time.sleep(LOOK_EVERY_SECONDS)
        seen = see_publication(self.issuer, serial, ReasonCode.KEY_COMPROMISE, _CLOCK.now(), fetch)
        return seen.is_visible


def prepare(home: Path, url: str | None, count: int, smtp_port: int, ca_port: int) -> LeakyDesk:
    """A desk in `home` that revokes by itself what is proven, with `count` certificates whose keys are known."""
    ca_url = f"http://127.0.0.1:{ca_port}"
    toml = f'{smtp_toml(smtp_port, 0)}[ca]\nadapter = "local"\nport = {ca_port}\nurl = "{ca_url}"\n'
    home.mkdir(parents=True)
    (home / "sulku.toml").write_text(toml, encoding="utf-8")
    settings = load_settings(home, **({"database_url": url} if url else {}))
    make_instance(settings)
    policy = settings.policy_file.read_text(encoding="utf-8")
    settings.policy_file.write_text(
        policy.replace("automatic_when_proven = false", "automatic_when_proven = true"), encoding="utf-8"
    )
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(count)]
    with open_ca(settings.ca_folder, _CLOCK, ca_url) as ca:
        issued = ca.issue_many("care", [to_issue(_CLOCK, public_key=key.public_key()) for key in keys])
        on_file = b"".join(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM) for der in ca.register())
        issuer = issuer_record(ca, "care")
    with closing(open_instance(settings)) as instance, begin(instance.storage.desk, _CLOCK, Actor.desk("test")) as tx:
        import_certificates(tx, [Source("register.pem", on_file)])
    leaked = [LeakedKey(key, serial_of(der)) for key, der in zip(keys, issued, strict=True)]
    return LeakyDesk(toml, smtp_port, issuer, leaked)


def _report(leaked: LeakedKey) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "reports@keyscan.example", DESK, "Certificate problem report"
    mail["Message-ID"] = f"<{leaked.serial.hex}@keyscan.example>"
    mail.set_content("We have found the private key of one of your certificates. The proof is attached.\n")
    proof = make_attestation(leaked.key)
    mail.add_attachment(proof, maintype="application", subtype="pkcs10", filename="proof.csr")
    return mail.as_bytes(policy=SMTP)
