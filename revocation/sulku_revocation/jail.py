"""The jailed reader with the examiner for proofs of key compromise: `python -m sulku_revocation.jail RECOVERY …`.

The mailbox's jail cannot know of keys, since it stands below the register and its words. So the child is started from
here, and hands its findings on as text in the mail. Nothing of them is believed outside: `domain/proofs/verifying.py`.

The first argument is the public half of the recovery key in hex, or `-`; the others are the mailbox's.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from sulku_mailbox import jail
from sulku_mailbox.domain.mail import Attachment, Mail
from sulku_revocation import weak_keys
from sulku_revocation.domain.proofs.private_keys import PrivateKey
from sulku_revocation.examination import examine

NO_RECOVERY_KEY = "-"


def main() -> None:
    """See the module."""
    recovery = sys.argv.pop(1)
    jail.main(partial(make_examiner, None if recovery == NO_RECOVERY_KEY else bytes.fromhex(recovery)))


def make_examiner(recovery: bytes | None) -> jail.Examiner:
    """The examiner, when everything that it may import or read late is in memory."""
    weak_keys.warm_up()
    examiner = partial(examine, recovery=recovery)
    for key in (rsa.generate_private_key(65_537, 1_024), ec.generate_private_key(ec.SECP256R1())):  # noqa: S505  only to warm up
        _warm_up(examiner, key)
    _warm_up(examiner, ed25519.Ed25519PrivateKey.generate())
    return examiner


def _warm_up(examiner: jail.Examiner, key: PrivateKey) -> None:
    secret = BestAvailableEncryption(b"secret")
    store = pkcs12.serialize_key_and_certificates(b"a", key, None, None, secret)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    pem += key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret).decode()
    text = f"password: secret\n{pem}\n" + '{"protected": "e30", "payload": "", "signature": ""}'
    mail = Mail("", 0, "", None, "", text=text)
    examiner(replace(mail, attachments=(Attachment("", "application/x-pkcs12", store, "", "1"),)), ())


if __name__ == "__main__":
    main()
