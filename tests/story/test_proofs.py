"""Proofs of compromise as promises: they act at once, on every certificate of the key, whoever sent them.

Of a key that came along nothing is kept but what only the administrator's own file opens.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import logging
import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.conftest import NIGHT
from tests.story.desk import APPROVER, OPERATOR, SUPERVISOR, Desk, open_desk, serial_of
from tests.story.test_the_road import shown_digest
from tests.unit import proof_material as made

from sulku_desk.authorities import issued_by_all
from sulku_desk.demo import certificates as demo_certificates
from sulku_desk.tables import desk_metadata, inbox_metadata
from sulku_kernel.errors import NotAllowedError
from sulku_revocation.block_list import find_blocked, read_evidence_of_key
from sulku_revocation.decisions import approve, decide, reject
from sulku_revocation.domain.proofs.attestation import make_attestation, verify_request
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.key_sealing import open_sealed, read_half
from sulku_revocation.key_sweep import block_all_weak, count_unattended, find_weak, live_on_blocked_keys
from sulku_tickets import actions
from sulku_tickets.domain.evidence import EvidenceKind
from sulku_tickets.models import ticket_mails

FINDER = "reports@keyscan.example"
ALIGNED = {"Authentication_Results": "mx.desk.example; dmarc=pass header.from=keyscan.example"}


@dataclasses.dataclass
class LeakyDesk:
    """A desk whose customers' private keys are known to the test."""

    desk: Desk
    keys: dict[str, ec.EllipticCurvePrivateKey]

    def key_of(self, organisation: int, part: str) -> ec.EllipticCurvePrivateKey:
        der = self.desk.certificate(organisation, part).der
        return self.keys[made.spki_of(x509.load_der_x509_certificate(der).public_key())]

    def report(self, text: str, *files: tuple[str, bytes], sender: str = FINDER, **headers: str) -> EmailMessage:
        mail = self.desk.write(sender, "Certificate problem report", text, **headers)
        for name, content in files:
            mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
        self.desk.receive(mail)
        return mail

    def switch_on_the_automatic_road(self) -> None:
        file = self.desk.instance.settings.policy_file
        text = file.read_text(encoding="utf-8")
        assert "automatic_when_proven = false" in text
        file.write_text(text.replace("automatic_when_proven = false", "automatic_when_proven = true"), encoding="utf-8")

    def blocked(self, *keys: made.Key) -> dict[str, str]:
        with self.desk.instance.storage.desk.reading() as connection:
            return {spki: e.basis for spki, e in find_blocked(connection, map(made.spki, keys)).items()}


@pytest.fixture(params=["sqlite", "postgresql"])
def leaky(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LeakyDesk]:
    keys: dict[str, ec.EllipticCurvePrivateKey] = {}

    def remember() -> ec.EllipticCurvePublicKey:
        private = ec.generate_private_key(ec.SECP256R1())
        keys[made.spki(private)] = private
        return private.public_key()

    monkeypatch.setattr(demo_certificates, "_key", remember)
    url = request.getfixturevalue("postgresql_url_with_tables") if request.param == "postgresql" else None
    with open_desk(tmp_path / "home", url, NIGHT, organisations=2) as opened:
        yield LeakyDesk(opened, keys)


def test_a_proof_from_a_stranger_is_urgent_and_blocks_the_key_at_once_but_people_decide(leaky: LeakyDesk) -> None:
    desk, key = leaky.desk, leaky.key_of(0, "kanta")
    leaky.report("Attached.", ("proof.csr", make_attestation(key)))
    desk.dispatch()

    assert desk.ticket["urgency"] == "P0"
    assert desk.pages()
    serials = {request["serial"] for request in desk.requests()}
    assert serials == {serial_of(desk.certificate(0, part)) for part in ("kanta", "kanta-mail")}
    assert {request["proof"] for request in desk.requests()} == {"kca_request"}
    assert leaky.blocked(key) == {made.spki(key): "demonstrated"}
    assert desk.orders() == []
    assert desk.audit_faults() == []


def test_where_the_policy_says_so_a_proof_alone_ends_as_a_revoked_certificate(leaky: LeakyDesk) -> None:
    desk, key = leaky.desk, leaky.key_of(0, "kanta")
    leaky.switch_on_the_automatic_road()
    leaky.report("Attached.", ("proof.csr", make_attestation(key)), **ALIGNED)
    desk.forward(seconds=10, step=0.5)

    assert {request["state"] for request in desk.requests()} == {"REVOKED"}
    assert {request["decided_by"] for request in desk.requests()} == {"desk:policy"}
    assert {order["reason"] for order in desk.orders()} == {int(ReasonCode.KEY_COMPROMISE)}
    holder = desk.organisations[0].contacts[0].email
    assert any("kanta." in sent.text for sent in desk.sent(to=holder))
    assert desk.audit_faults() == []


def test_the_automatic_road_takes_along_nothing_that_is_only_asserted(leaky: LeakyDesk) -> None:
    desk, key = leaky.desk, leaky.key_of(0, "potilas")
    leaky.switch_on_the_automatic_road()
    other = serial_of(desk.certificate(1, "kanta"))
    leaky.report(f"The key of serial number {other} has leaked too.", ("proof.csr", make_attestation(key)))
    desk.forward(seconds=10, step=0.5)

    states = {request["serial"]: request["state"] for request in desk.requests()}
    assert states[serial_of(desk.certificate(0, "potilas"))] == "REVOKED"
    assert other not in states, (
        "whoever proves one key and is not the holder of the other has proposed nothing about it"
    )
    shown = {match["serial"]: match["why"] for match in desk._all(ticket_mails)[0]["judgement"]["matches"]}
    assert "not_proven" in shown[other]
    assert desk.audit_faults() == []


def test_a_proof_for_a_key_that_nobody_has_is_kept_for_the_day_somebody_applies_with_it(leaky: LeakyDesk) -> None:
    key = made.key("rsa")
    leaky.report("Attached.", ("proof.csr", make_attestation(key)))
    assert leaky.desk.ticket["case_class"] == "problem_report"
    assert leaky.desk.requests() == []
    assert leaky.blocked(key) == {made.spki(key): "demonstrated"}


def test_a_compromise_that_people_decide_blocks_the_key_as_asserted_and_a_proof_makes_more_of_it(
    leaky: LeakyDesk,
) -> None:
    desk, key = leaky.desk, leaky.key_of(0, "kanta")
    serial = serial_of(desk.certificate(0, "kanta"))
    sender = desk.organisations[0].contacts[0].email
    desk.receive(desk.write(sender, "Sulkupyyntö", f"Avaimemme on paljastunut. Sulkekaa varmenne {serial}."))
    ticket_id = desk.ticket["id"]
    with desk.acting(OPERATOR) as tx:
        actions.record_evidence(tx, ticket_id, EvidenceKind.CALLBACK, "Called the number on file; they confirm.")
        decide(tx, ticket_id, reason=ReasonCode.KEY_COMPROMISE, because="The holder confirms it.")
    with desk.acting(APPROVER) as tx:
        approve(tx, ticket_id, shown_digest=shown_digest(desk, ticket_id))
    assert leaky.blocked(key) == {made.spki(key): "asserted"}

    leaky.report("Attached.", ("pock.pem", made.pem("CERTIFICATE", made.pock(key)).encode()))
    assert leaky.blocked(key) == {made.spki(key): "demonstrated"}
    assert desk.audit_faults() == []


def test_a_reporter_without_a_proof_is_told_what_to_sign_and_it_counts_once(leaky: LeakyDesk) -> None:
    desk, key = leaky.desk, leaky.key_of(1, "kanta")
    serial = serial_of(desk.certificate(1, "kanta"))
    leaky.report(f"The private key of serial number {serial} has leaked. We found it online.", **ALIGNED)
    desk.dispatch()
    (asked,) = desk.sent(to=FINDER)
    sentence = re.search(r"This key is compromised\. sulku-S26-\d+-[0-9a-f]{40}", " ".join(asked.text.split()))
    assert sentence is not None
    assert desk.ticket["urgency"] == "P1"

    signature = base64.encodebytes(made.sign(key, sentence[0].encode())).decode()
    certificate = made.pem("CERTIFICATE", desk.certificate(1, "kanta").der)
    answer = f"> {sentence[0]}\n\n{signature}\n{certificate}"

    def reply(text: str) -> None:
        mail = desk.write(FINDER, "Re: proof", text, to=asked.reply_to, In_Reply_To=asked.message_id, **ALIGNED)
        desk.receive(mail, rcpt_to=(asked.reply_to,))

    reply(answer)
    assert desk.ticket["urgency"] == "P0"
    assert {request["proof"] for request in desk.requests()} == {"signed_nonce"}
    reply("And once more:\n" + answer)
    judgements = desk.rows("SELECT judgement FROM desk.ticket_mail WHERE direction = 'in' ORDER BY id")
    (last,) = json.loads(judgements[-1][0])["proofs"]
    assert last["refusal"] == "nonce_used"
    assert desk.audit_faults() == []


def test_statements_that_came_without_their_key_are_verified_with_the_certificates_on_file(leaky: LeakyDesk) -> None:
    desk, key, other = leaky.desk, leaky.key_of(1, "kanta"), leaky.key_of(0, "potilas")
    serial = serial_of(desk.certificate(1, "kanta"))
    leaky.report(f"The private key of serial number {serial} has leaked. We found it online.", **ALIGNED)
    desk.dispatch()
    (asked,) = desk.sent(to=FINDER)
    sentence = re.search(r"This key is compromised\. sulku-S26-\d+-[0-9a-f]{40}", " ".join(asked.text.split()))
    assert sentence is not None

    def reply(signer: made.Key) -> None:
        text = f"> {sentence[0]}\n\n{base64.encodebytes(made.sign(signer, sentence[0].encode())).decode()}"
        mail = desk.write(FINDER, "Re: proof", text, to=asked.reply_to, In_Reply_To=asked.message_id, **ALIGNED)
        desk.receive(mail, rcpt_to=(asked.reply_to,))

    reply(other)  # on file too, and on no ticket of this mail
    assert leaky.blocked(key, other) == {}
    reply(key)
    assert {request["proof"] for request in desk.requests()} == {"signed_nonce"}
    assert leaky.blocked(key) == {made.spki(key): "demonstrated"}

    leaky.report("Found this.", ("statement.json", made.pwnedkeys(other).encode()))
    assert leaky.blocked(other) == {made.spki(other): "demonstrated"}
    assert desk.audit_faults() == []


# --- a private key in a mail -------------------------------------------------------------------------------------


def spellings_of(der: bytes, secret: bytes) -> dict[str, bytes]:
    """The key, and the secret number in it, in encodings in which it might have been kept."""
    found: dict[str, bytes] = {}
    for name, octets in (("key", der), ("secret", secret)):
        shifted = [base64.b64encode(b"\0" * shift + octets)[4:-4] for shift in range(3)]
        found |= {
            f"{name} raw": octets,
            f"{name} hex": octets.hex().encode(),
            f"{name} HEX": octets.hex().upper().encode(),
            f"{name} hex colons": octets.hex(":").encode(),
            f"{name} HEX COLONS": octets.hex(":").upper().encode(),
            f"{name} hex blanks": octets.hex(" ").encode(),
            f"{name} number": str(int.from_bytes(octets, "big")).encode(),
            f"{name} repr": repr(octets).encode(),
            f"{name} reversed": octets[::-1],
            f"{name} utf-16": octets.hex().encode("utf-16-le"),
            f"{name} base85": base64.b85encode(octets),
            f"{name} base32": base64.b32encode(octets).rstrip(b"="),
        }
        found |= {f"{name} base64 {shift}": encoded[:40] for shift, encoded in enumerate(shifted)}
        found |= {
            f"{name} base64url {shift}": base64.urlsafe_b64encode(base64.b64decode(encoded[:40]))
            for shift, encoded in enumerate(shifted)
        }
        found |= {f"{name} base64 end {shift}": encoded[-24:] for shift, encoded in enumerate(shifted)}
    return found


def everything_kept(desk: Desk) -> bytes:
    """Every value of every row of both stores, every file of the instance, as octets."""
    kept: list[bytes] = []
    for store, metadata in ((desk.instance.storage.desk, desk_metadata), (desk.instance.storage.inbox, inbox_metadata)):
        with store.reading() as connection:
            for table in metadata.sorted_tables:
                for row in connection.execute(sa.select(table)):
                    kept += [value if isinstance(value, bytes) else str(value).encode() for value in row]
    home = desk.instance.settings.home
    kept += [file.read_bytes() for file in home.rglob("*") if file.is_file()]
    return b"\n".join(kept)


def test_of_keys_in_mails_only_what_the_administrator_opens_is_kept(
    leaky: LeakyDesk, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    desk = leaky.desk
    keys = [leaky.key_of(organisation, part) for organisation in (0, 1) for part in ("kanta", "potilas")]
    attached, pasted, bare, in_hex = keys
    leaky.report("Is this yours?", ("server.key", pem_of(attached)), ("server.der", der_of(attached)), **ALIGNED)
    leaky.report(f"Is this yours?\n{pem_of(pasted).decode()}\n", **ALIGNED)
    leaky.report(f"Is this yours?\n{made.in_text(der_of(bare))}\n", **ALIGNED)
    leaky.report(f"Is this yours? A key has leaked.\n{der_of(in_hex).hex(':')}\n", **ALIGNED)
    desk.forward(minutes=1)

    kept = everything_kept(desk) + caplog.text.encode() + "".join(capfd.readouterr()).encode()
    for key in keys:
        secret = key.private_numbers().private_value.to_bytes(32, "big")
        spellings = spellings_of(der_of(key), secret)
        assert len(spellings) >= 20
        assert [name for name, spelling in spellings.items() if spelling in kept] == []
    private_half = read_half(desk.instance.settings.recovery_folder / "recovery.key")
    for key in (attached, pasted, bare):  # nobody's machine reads a key in hex; it is masked all the same
        with desk.instance.storage.desk.reading() as connection:
            (evidence,) = read_evidence_of_key(connection, made.spki(key))
        assert verify_request(evidence["document"])[1] == made.public_der(key)
        assert open_sealed(evidence["sealed"], private_half) == der_of(key)


def der_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def pem_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_what_the_ca_issued_on_weak_and_blocked_keys_is_found_in_one_sweep(leaky: LeakyDesk) -> None:
    desk = leaky.desk
    weak = made.close_primes_key()
    issued = [*issued_by_all(desk.instance.settings, desk.clock), made.certificate(weak)]
    looked_at, found = find_weak(issued)
    assert (looked_at, set(found)) == (len(issued), {made.spki(weak)})
    with desk.acting(OPERATOR) as tx:
        assert block_all_weak(tx, found) == [made.spki(weak)]
    with desk.acting(OPERATOR) as tx:
        assert block_all_weak(tx, found) == []
    assert leaky.blocked(weak) == {made.spki(weak): "demonstrated"}

    leaky.report("Attached.", ("proof.csr", make_attestation(leaky.key_of(0, "kanta"))))
    with desk.instance.storage.desk.reading() as connection:
        live = {one.serial for one in live_on_blocked_keys(connection, desk.clock.now())}
        assert count_unattended(connection, desk.clock.now()) == 0, "a ticket is open about both"
    assert live == {serial_of(desk.certificate(0, part)) for part in ("kanta", "kanta-mail")}
    with pytest.raises(NotAllowedError, match="takes the role supervisor"), desk.acting(OPERATOR) as tx:
        reject(tx, desk.ticket["id"], because="I want to sleep.")
    with desk.acting(SUPERVISOR) as tx:
        reject(tx, desk.ticket["id"], because="By mistake.")
    with desk.instance.storage.desk.reading() as connection:
        assert count_unattended(connection, desk.clock.now()) == 2
    assert desk.audit_faults() == []


def test_the_password_of_a_key_may_come_in_the_next_mail(leaky: LeakyDesk) -> None:
    desk, key = leaky.desk, leaky.key_of(0, "kanta")
    sender = desk.organisations[0].contacts[0].email
    leaky.report("Avain liitteenä.", ("avain.pem", made.CONTAINERS["pkcs8 pem, password"](key)), sender=sender)
    assert leaky.blocked(key) == {}
    desk.receive(desk.write(sender, "Avain", f"Salasana on {made.PASSWORD}."))
    assert leaky.blocked(key) == {made.spki(key): "demonstrated"}
    assert "P0" in {ticket["urgency"] for ticket in desk.tickets()}
    assert made.PASSWORD.encode() not in everything_kept(desk)
