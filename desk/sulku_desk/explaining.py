"""What the desk would do with a mail in a file: read, match and judge it, changing nothing."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from sulku_desk.authenticating import Arrived
from sulku_desk.instance import Instance
from sulku_desk.wiring import make_authenticator, make_prover, make_reader, make_tokens, own_addresses
from sulku_kernel.errors import InputError
from sulku_mailbox.domain.mail import Envelope, Via
from sulku_revocation.domain.judgement import Judgement
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.understanding import understand


def explain_file(instance: Instance, path: Path) -> Judgement:
    """The judgement of the mail in `path`. Raises InputError when there is no such file or it is too large."""
    try:
        size = path.stat().st_size
        if size > instance.settings.smtp.largest_mail:
            raise InputError(
                f"{path}: larger than the largest mail the desk takes ({instance.settings.smtp.largest_mail} octets)",
                next_step="Give a mail as it was sent.",
            )
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", next_step="Check the path.") from None
    now = instance.clock.now()
    envelope = Envelope("", (), now, Via.INGEST)
    with make_reader(instance.settings) as reader:
        (mail,) = make_authenticator(instance, reader).authenticate([Arrived(raw, reader.read(raw), envelope)])
    with instance.storage.desk.reading() as connection:
        return understand(
            mail,
            envelope,
            DatabaseRegister(connection),
            own_addresses=own_addresses(instance.settings),
            now=now,
            prove=partial(make_prover(instance, make_tokens(instance)).prove, connection),
        )
