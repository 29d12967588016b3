"""A revocation by the certificate's own key, for a CA that does not let our account revoke it (RFC 8555, 7.6).

The desk's processes can open no key that came in a mail (`key_sealing.py`), and that stays so: a person who has the key
brings it, and nothing of it is kept. What is sent is an order that two people have approved and that waits at the CA;
without one nothing is sent.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

from sulku_kernel.actor import Actor
from sulku_kernel.clock import Clock
from sulku_kernel.errors import InputError, NotAllowedError
from sulku_kernel.outbox import ClaimedEffect, complete, retry
from sulku_kernel.serial_number import whole_octets
from sulku_kernel.storage import Store
from sulku_kernel.transaction import Row, Transaction, begin
from sulku_revocation.ca.authority import Accepted, CertificateAuthority, NotSupported, Receipt
from sulku_revocation.certificate_documents import find_document
from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.order_states import OrderState
from sulku_revocation.domain.record import CertificateRecord, IssuerRecord
from sulku_revocation.domain.spki import spki_of
from sulku_revocation.order_effects import order_to_send
from sulku_revocation.order_withdrawing import hold_order
from sulku_revocation.orders import record_accepted
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.request_models import ORDERS, revocation_orders
from sulku_revocation.requests import require_reason
from sulku_revocation.roles import ADMINISTRATORS, require_role

AuthorityFor = Callable[[IssuerRecord], CertificateAuthority]


def read_private_key(content: bytes) -> PrivateKeyTypes:
    """The key of a file in PEM or DER, checked that it holds together. Raises InputError, which says nothing of it."""
    load = load_pem_private_key if content.lstrip().startswith(b"-----BEGIN") else load_der_private_key
    try:
        return load(content, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise InputError(
            "the file holds no private key in PEM or DER that can be read without a passphrase",
            next_step="Convert it: openssl pkey -in FILE -out NEW.",
        ) from None


def revoke_by_key(
    store: Store,
    clock: Clock,
    actor: Actor,
    authority_for: AuthorityFor,
    certificate: CertificateRecord,
    key: PrivateKeyTypes,
    *,
    because: str,
) -> Receipt:
    """Send the certificate's order with its own key. That it was used, by whom and why, is recorded first.

    What the CA accepts is looked for in CRL and OCSP from then on, as for every order. Meanwhile nobody else sends or
    withdraws it. Raises NotAllowedError without the role or an approved order, ConflictError while it is being sent,
    InputError for another key or no reason, NotSupported, and what the CA's answer is.
    """
    require_role(actor, ADMINISTRATORS, "revoke with a certificate's own key")
    require_reason(because)
    _require_key_of(certificate, key)
    with begin(store, clock, actor) as tx:
        order = _waiting_order(tx, certificate)
        document = find_document(tx.connection, certificate.id)
        issuer = DatabaseRegister(tx.connection).issuer(order["issuer_id"])
        assert issuer is not None  # an order is stored only about a certificate on file
        authority = authority_for(issuer)
        if not authority.capabilities.by_key:
            raise NotSupported(f"the CA of {issuer.name} takes no revocation by the certificate's own key")
        held = hold_order(tx, order)
        tx.change(ORDERS, order, "USE_KEY", spki=certificate.spki, because=[because.strip()])
    accepted: Accepted | None = None
    try:
        receipt = authority.revoke_with_key(order_to_send(order, issuer, document), key)
        accepted = receipt if isinstance(receipt, Accepted) else None
    finally:
        with begin(store, clock, actor) as tx:
            _end_call(tx, order, held, accepted)
    return receipt


def _end_call(tx: Transaction, order: Row, held: ClaimedEffect, accepted: Accepted | None) -> None:
    """Without an acceptance the dispatcher looks at once what came of it."""
    if accepted is None:
        retry(tx.connection, held, at=tx.now, error="it was sent with the certificate's own key")
        return
    complete(tx.connection, held, now=tx.now)
    reason = order["reason"] if accepted.reason is None else accepted.reason
    record_accepted(tx, order["id"], revoked_at=accepted.revoked_at or tx.now, reason=reason, is_repeat=False)


def _require_key_of(certificate: CertificateRecord, key: PrivateKeyTypes) -> None:
    try:
        is_its_own = spki_of(key.public_key()) == certificate.spki
    except UnreadableError:
        is_its_own = False
    if not is_its_own:
        raise InputError(
            f"this is not the private key of {whole_octets(certificate.serial.hex)} ({certificate.common_name})",
            next_step="Give the certificate's own key; see its digest with `sulku register show`.",
        )


def _waiting_order(tx: Transaction, certificate: CertificateRecord) -> Row:
    """The newest order about it that was sent and not answered for good."""
    orders = revocation_orders.c
    query = sa.select(orders.id).where(orders.certificate_id == certificate.id, orders.state == OrderState.SENT)
    order_id = tx.execute(query.order_by(orders.id.desc()).limit(1)).scalar_one_or_none()
    if order_id is None:
        raise NotAllowedError(
            f"no approved order about {whole_octets(certificate.serial.hex)} waits at its CA",
            next_step="Decide on its ticket and have somebody approve: nothing is sent without that.",
        )
    return tx.get(ORDERS, order_id)
