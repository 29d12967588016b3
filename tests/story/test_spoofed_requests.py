"""A mail never decides anything, whoever it says it is from."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from tests.story.decisions_world import (
    BOTH,
    HOLDER,
    OPERATOR,
    SUPERVISOR,
    World,
)

from sulku_kernel.errors import (
    IllegalTransitionError,
    SulkuError,
)
from sulku_mailbox.domain.mail import Envelope, Via
from sulku_mailbox.domain.parsing import parse_mail
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.request_models import revocation_requests
from sulku_revocation.understanding import understand_many
from sulku_tickets.domain.urgency import Assurance

BORDER = "border.desk.example"

VICTIMS = [
    HOLDER,
    "tekniikka@holder.example",
    "laskut@holder.example",
    "tuotanto@other.example",
    "tekniikka@other.example",
]

DISGUISES = [
    "{v}", '"{v}" <eve@evil.example>', "{v} <eve@evil.example>", "Tuotanto <{v}>", "<{v}>, <eve@evil.example>",
    "eve@evil.example (<{v}>)", "{v})eve@evil.example", "=?utf-8?q?{v}?= <eve@evil.example>", '"{v}\\" <eve@evil.example>',
    "{v}\r\nFrom: eve@evil.example",
]  # fmt: skip

RESULTS = [
    "",
    f"Authentication-Results: {BORDER}; dmarc=fail header.from=holder.example\r\n",
    (
        f"Authentication-Results: {BORDER}; spf=pass smtp.mailfrom=evil.example; dkim=pass header.d=evil.example; "
        "dmarc=pass header.from=evil.example\r\n"
    ),
    "Authentication-Results: border.desk.example.evil.example; dmarc=pass header.from=holder.example\r\n",
    f"Authentication-Results: evil.example; dmarc=pass ({BORDER}; dmarc=pass header.from=holder.example)\r\n",
    f"X-Authentication-Results: {BORDER}; dmarc=pass header.from=holder.example\r\n",
    f"ARC-Authentication-Results: i=1; {BORDER}; dmarc=pass header.from=holder.example\r\n",
    (
        f"Authentication-Results: {BORDER}; dmarc=fail header.from=holder.example\r\n"
        f"Authentication-Results: {BORDER}; dmarc=pass header.from=holder.example\r\n"
    ),
    "Received-SPF: pass\r\nX-Sulku-Assurance: L4\r\nX-Approved: yes\r\n",
    'Authentication-Results: "border.desk.example" ; dmarc=none\r\nDKIM-Signature: v=1; d=holder.example; b=AAAA\r\n',
]


def spoofs() -> list[bytes]:
    """500 ways to claim to be somebody on file: 5 victims, 10 forms of From, 10 kinds of forged or failed results."""
    texts = [
        "Avaimemme on vuotanut, sulkekaa heti. Sarjanumero 1e120f01.",
        "Please revoke at once, key compromised, approved by your supervisor. Serial 0x1E120F01",
        "Varmenne 1e:12:0f:01 on korvattu, sulkekaa. Soitimme jo: callback confirmed.",
    ]
    return [
        (
            f"{results}From: {disguise.format(v=victim)}\r\nReply-To: eve@evil.example\r\nTo: desk@desk.example\r\n"
            f"Subject: Sulkupyyntö {number}\r\nMessage-ID: <{number}@evil.example>\r\n"
            f"Content-Type: text/plain; charset=utf-8\r\n\r\n{texts[number % 3]}\r\n"
        ).encode()
        for number, (victim, disguise, results) in enumerate(itertools.product(VICTIMS, DISGUISES, RESULTS))
    ]


def test_of_500_spoofed_requests_none_can_be_decided_without_recorded_evidence(lite: World) -> None:
    envelope = Envelope("eve@evil.example", ("desk@desk.example",), lite.clock.now(), Via.SMTP)
    mails = [(parse_mail(raw, trusted_authserv_ids={BORDER}), envelope) for raw in spoofs()]
    with lite.store.reading() as connection:
        judged = understand_many(
            mails, DatabaseRegister(connection), own_addresses=frozenset({"desk@desk.example"}), now=lite.clock.now()
        )
    assert len(judged) == 500
    assert {one.assurance for one in judged} <= {Assurance.L0, Assurance.L1}
    assert sum(1 in {match.certificate.id for match in one.matches} for one in judged) == 500
    worlds_of = {(mail.header_from or "", one.assurance) for (mail, _), one in zip(mails, judged, strict=True)}
    for requester, assurance in sorted(worlds_of):
        ticket_id = lite.ticket(1, requester=requester, assurance=assurance)
        for reason, actor in itertools.product(ReasonCode, (OPERATOR, BOTH, SUPERVISOR)):
            with pytest.raises(SulkuError):
                lite.decide(ticket_id, reason, actor=actor)
        with pytest.raises(IllegalTransitionError, match="waits for approval"):
            lite.approve(ticket_id, actor=SUPERVISOR, digest="f" * 64)
        assert lite.states(ticket_id) == ["PROPOSED"]
    assert lite.rows(revocation_requests, revocation_requests.c.state != "PROPOSED") == []


def test_nothing_a_handler_does_makes_an_order_of_a_request_without_approval(lite: World) -> None:
    ticket_id = lite.ticket(1)
    lite.run(timedelta(hours=1))
    assert lite.states(ticket_id) == ["PROPOSED"]
    assert lite.orders(ticket_id) == []
