"""`sulku ca revoke-with-key`: for whoever has a certificate's private key, where our account may not revoke it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sulku_desk.cli.ca import app
from sulku_desk.cli.opening import opened
from sulku_desk.cli.output import Json, emit, say, speaks_plainly

__all__ = ["app"]  # with its commands of both files


@app.command("revoke-with-key")
@speaks_plainly
def revoke_with_key(
    certificate: Annotated[str, typer.Argument(help="Its serial number, a fingerprint, or id:12.")],
    key: Annotated[
        Path, typer.Option(help="File with its private key (PEM or DER, mode 0600). Nothing of it is kept.")
    ],
    because: Annotated[str, typer.Option(help="Where the key comes from; stands in the audit trail.")],
    json_: Json = False,
) -> None:
    """Send an approved order that waits at the CA, with the certificate's own key. For administrators."""
    from contextlib import closing

    from sulku_desk.authorities import make_authorities
    from sulku_desk.login import logged_in
    from sulku_revocation.bounded_http import HttpFetch
    from sulku_revocation.ca.authority import Accepted
    from sulku_revocation.ca.embedded.key_files import read_secret
    from sulku_revocation.key_revoking import read_private_key, revoke_by_key
    from sulku_revocation.naming import certificate_named
    from sulku_revocation.register import DatabaseRegister

    private = read_private_key(read_secret(key))
    with opened() as instance, closing(HttpFetch()) as fetch:
        store, clock = instance.storage.desk, instance.clock
        actor = logged_in(instance)
        with store.reading() as connection:
            record = certificate_named(DatabaseRegister(connection), certificate)
        with closing(make_authorities(instance.settings, clock, fetch)) as authorities:
            receipt = revoke_by_key(store, clock, actor, authorities.for_issuer, record, private, because=because)
    is_accepted = isinstance(receipt, Accepted)
    said = "The CA has accepted it" if is_accepted else "The CA says that it is revoked already"
    sentence = f"{said}. The desk looks at CRL and OCSP and tells everybody when both show it. Destroy the key file."
    data = {"serial": record.serial.hex, "accepted": is_accepted}
    emit(data, as_json=json_, text=lambda: say(sentence))
