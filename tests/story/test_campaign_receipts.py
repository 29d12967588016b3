"""A campaign's holders get one receipt each: with the mail in a small campaign, on request in a large one."""

from __future__ import annotations

import io
import re
from typing import Any

import pypdf
import pytest
from tests.story.desk import APPROVER, OPERATOR, Desk, Sent, serial_of
from tests.story.test_receipts import receipts_in

from sulku_desk import campaign_receipt_making
from sulku_desk.campaign_receipt_making import campaign_receipt_for_console, make_campaign_receipt
from sulku_desk.receipt_verifying import verify_receipt
from sulku_kernel.errors import IllegalTransitionError, InputError, NotFoundError
from sulku_kernel.language import Language
from sulku_revocation import campaign_notices, campaigns
from sulku_revocation.campaign_listing import Lister
from sulku_revocation.campaign_notices import send_receipt
from sulku_revocation.campaign_report import holder_named
from sulku_revocation.domain.reason_code import ReasonCode

SHORTLY = 120


def serials_of(desk: Desk, holder: int) -> list[str]:
    wanted = desk.organisations[holder]
    return [serial_of(one) for one in desk.certificates if one.organisation == wanted]


def begin_campaign(desk: Desk, serials: list[str], plan: campaigns.Plan | None = None, **given: Any) -> int:
    with desk.acting(OPERATOR) as tx:
        campaign_id: int = campaigns.create_campaign(tx, campaigns.NewCampaign("ROCA", **given))["id"]
    lister = Lister(desk.instance.storage.desk, desk.clock, OPERATOR, campaign_id)
    lister.from_file("list.txt", "\n".join(f"0x{one}" for one in serials).encode())
    with desk.acting(OPERATOR) as tx:
        campaigns.freeze(tx, campaign_id)
        campaigns.plan(tx, campaign_id, plan or campaigns.Plan())
        decided = campaigns.decide_campaign(
            tx, campaign_id, reason=ReasonCode.SUPERSEDED, because="Avaimet ovat heikkoja."
        )
    with desk.acting(APPROVER) as tx:
        campaigns.approve_campaign(tx, campaign_id, shown_digest=decided["approval_digest"])
    return campaign_id


def holder_of(desk: Desk, campaign_id: int, serial: str) -> int:
    with desk.instance.storage.desk.reading() as connection:
        return holder_named(connection, campaign_id, serial)


def afterwards(desk: Desk, holder: int) -> list[Sent]:
    """What a holder's technical contact read when it was over."""
    contact = desk.organisations[holder].contacts[1].email
    return [mail for mail in desk.sent(to=contact) if re.search("(on suljettu|är spärrade): ", mail.subject)]


def test_each_holder_gets_one_receipt_of_their_own_certificates_and_of_nobody_elses(desk: Desk) -> None:
    serials = [serials_of(desk, holder) for holder in (0, 1)]
    campaign_id = begin_campaign(desk, [*serials[0], *serials[1]])
    with pytest.raises(IllegalTransitionError, match="has been seen revoked"):
        make_campaign_receipt(desk.instance, campaign_id, holder_of(desk, campaign_id, serials[0][0]))
    desk.forward(seconds=SHORTLY, step=5)
    for holder in (0, 1):
        (mail,) = afterwards(desk, holder)
        (pdf,) = receipts_in(mail)
        verified = verify_receipt(pdf)
        assert sorted(one.serial for one in verified.certificates) == sorted(serials[holder])
        assert {one.reason for one in verified.certificates} == {"superseded"}
        reader = pypdf.PdfReader(io.BytesIO(pdf))
        said = " ".join(page.extract_text() for page in reader.pages)
        facts = next(file.content.decode() for file in reader.attachment_list if file.name == "receipt.json")
        for text in (said, facts):
            assert desk.organisations[holder].name in text
            assert desk.organisations[1 - holder].name not in text
            assert desk.organisations[1 - holder].domain not in text
    assert desk.audit_faults() == []


def test_in_a_large_campaign_a_holder_asks_and_an_operator_sends_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign_notices, "RECEIPTS_UP_TO", 1)
    holder = next(at for at, one in enumerate(desk.organisations) if one.language is Language.FI)
    campaign_id = begin_campaign(desk, serials_of(desk, holder))
    account_id = holder_of(desk, campaign_id, serials_of(desk, holder)[0])
    with desk.acting(OPERATOR) as tx, pytest.raises(NotFoundError, match="seen revoked"):
        send_receipt(tx, campaign_id, account_id)
    desk.forward(seconds=SHORTLY, step=5)
    (told,) = afterwards(desk, holder)
    assert receipts_in(told) == []
    assert "todistuksen" in told.text
    with desk.acting(OPERATOR) as tx:
        told_roles = [one for one in desk.organisations[holder].contacts if "technical" in one.roles]
        assert send_receipt(tx, campaign_id, account_id) == len(told_roles)
    desk.dispatch()
    (_, answer) = afterwards(desk, holder)
    assert "Liitteenä on todistus" in answer.text
    (pdf,) = receipts_in(answer)
    assert len(verify_receipt(pdf).certificates) == len(serials_of(desk, holder))


def test_what_would_take_a_role_too_long_to_draw_is_left_to_the_command(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign_receipt_making, "MOST_BESIDE_WORK", 1)
    campaign_id = begin_campaign(desk, serials_of(desk, 0))
    account_id = holder_of(desk, campaign_id, serials_of(desk, 0)[0])
    desk.forward(seconds=SHORTLY, step=5)
    (told,) = afterwards(desk, 0)
    assert receipts_in(told) == []
    with pytest.raises(InputError, match="than the console puts into a receipt"):
        campaign_receipt_for_console(desk.instance, campaign_id, account_id)
    assert len(verify_receipt(make_campaign_receipt(desk.instance, campaign_id, account_id).pdf).certificates) > 1


def test_one_crl_proves_what_was_seen_on_many_and_ocsp_answers_stand_beside_it(desk: Desk) -> None:
    serials = serials_of(desk, 0)
    campaign_id = begin_campaign(desk, serials, campaigns.Plan(sizes=(1, 1)), ocsp_per_mille=1_000)
    desk.forward(seconds=SHORTLY, step=5)
    for language in Language:
        receipt = make_campaign_receipt(desk.instance, campaign_id, holder_of(desk, campaign_id, serials[0]), language)
        assert receipt.name.endswith(f"-{language.value}.pdf")
        verified = verify_receipt(receipt.pdf)
        assert all(one.ocsp_made_at for one in verified.certificates)
        assert len({one.crl_sha256 for one in verified.certificates}) == len(
            {one.issuer_sha256 for one in verified.certificates}
        )
