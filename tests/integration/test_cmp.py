"""The adapter `cmp` against OpenSSL's own CMP server, and against answers that nobody may believe."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from tests.servers.openssl_cmp import CmpPki, make_pki
from tests.servers.stub_http import StubHttp, answers, stub_http

from sulku_kernel.errors import ConfigurationError
from sulku_revocation.ca.adapter_settings import AdapterSettings
from sulku_revocation.ca.authority import (
    Accepted,
    AlreadyRevoked,
    OrderToSend,
    PendingApproval,
    Receipt,
    Refused,
    TryLater,
)
from sulku_revocation.ca.cmp import MEDIA_TYPE, open_cmp
from sulku_revocation.domain import cmp_messages as cmp
from sulku_revocation.domain import cmp_protection
from sulku_revocation.domain.certificate_der import SEQUENCE, encode
from sulku_revocation.domain.reason_code import ReasonCode

BY_KEY = {"certificate": "desk.pem", "key": "desk.key", "server_certificates": "server.pem"}


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> CmpPki:
    return make_pki(tmp_path_factory.mktemp("pki") / "ca")


def settings(pki: CmpPki, url: str, **options: object) -> AdapterSettings:
    given = {"issuers": "ca.pem", "reference": "desk", **options}
    return AdapterSettings("cmp", "authorities.cmp", url, pki.folder / "cmp.secret", given, pki.folder)


def revoke(pki: CmpPki, url: str, reason: ReasonCode = ReasonCode.KEY_COMPROMISE, **options: object) -> Receipt:
    authority = open_cmp(settings(pki, url, **options))
    try:
        return authority.revoke(order(pki, reason=reason))
    finally:
        authority.close()


def order(pki: CmpPki, **given: object) -> OrderToSend:
    made = OrderToSend("order:1", pki.issuer.name, pki.issuer.key_identifier, pki.serial, ReasonCode.KEY_COMPROMISE)
    return replace(made, **given)


# --- OpenSSL's server ----------------------------------------------------------------------------------------------


def test_openssl_takes_a_revocation_protected_by_a_shared_secret_and_its_answer_is_verified(pki: CmpPki) -> None:
    with pki.serve() as url:
        assert revoke(pki, url) == Accepted(None)
        assert revoke(pki, url, ReasonCode.UNSPECIFIED) == Accepted(None)


def test_openssl_takes_a_revocation_protected_by_a_signature_and_its_answer_is_verified(pki: CmpPki) -> None:
    with pki.serve(secret=None) as url:
        assert revoke(pki, url, **BY_KEY) == Accepted(None)
        with pytest.raises(TryLater, match="not believed"):  # signed, but by none of the keys on file
            revoke(pki, url, **{**BY_KEY, "server_certificates": "holder.pem"})


def test_a_question_that_revokes_nothing_shows_whether_the_secret_is_right(pki: CmpPki) -> None:
    with pki.serve() as url:
        authority = open_cmp(settings(pki, url))
        authority.probe()
        authority.close()
    with pki.serve(secret="another one") as url:
        authority = open_cmp(settings(pki, url))
        with pytest.raises((ConfigurationError, TryLater)):
            authority.probe()
        authority.close()


def test_a_wrong_secret_never_revokes_and_never_gives_the_order_up(pki: CmpPki) -> None:
    with pki.serve(secret="another one") as url, pytest.raises((ConfigurationError, TryLater)):
        revoke(pki, url)


def test_another_certificate_than_the_server_has_is_refused(pki: CmpPki) -> None:
    with pki.serve() as url:
        authority = open_cmp(settings(pki, url))
        with pytest.raises(Refused):
            authority.revoke(order(pki, serial=pki.other_serial))
        authority.close()


def test_an_approval_that_is_waited_for_is_told(pki: CmpPki) -> None:
    with pki.serve("-pkistatus", "3", "-statusstring", "matter 17") as url:
        assert revoke(pki, url) == PendingApproval("matter 17")


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        ("4", ("Refused", "unknown_serial")),
        ("6", ("Refused", "wrong_issuer")),
        ("10", ("AlreadyRevoked", "")),
        ("23", ("Refused", "not_authorised")),
        ("24", ("TryLater", "")),
        ("1", ("ConfigurationError", "")),
    ],
)
def test_each_failure_of_the_server_means_one_thing_to_the_order(
    pki: CmpPki, failure: str, expected: tuple[str, str]
) -> None:
    with pki.serve("-pkistatus", "2", "-failure", failure, "-statusstring", "said the server") as url:
        try:
            came: object = revoke(pki, url)
        except (Refused, TryLater, ConfigurationError) as error:
            came = error
    assert (type(came).__name__, getattr(came, "why", "")) == expected
    assert isinstance(came, AlreadyRevoked) or "said the server" in str(came)


@pytest.mark.parametrize("how", ["-send_unprotected", "-send_unprot_err"])
def test_an_answer_without_protection_is_not_believed(pki: CmpPki, how: str) -> None:
    status = ("-pkistatus", "2", "-failure", "4") if how == "-send_unprot_err" else ()
    with pki.serve(how, *status) as url, pytest.raises(TryLater, match="not believed"):
        revoke(pki, url)


# --- answers that nobody may believe -------------------------------------------------------------------------------


@pytest.fixture
def stub():
    with stub_http() as running:
        yield running


def forge(stub: StubHttp, pki: CmpPki, *, body: bytes = b"", secret: bytes | None = None, **header: object) -> None:
    """Answer each request with a message that accepts, protected by `secret`, with a header that is wrong somewhere."""
    accepted = encode(cmp.RP, encode(SEQUENCE, encode(SEQUENCE, encode(SEQUENCE, cmp.integer(cmp.ACCEPTED)))))
    right = (pki.folder / "cmp.secret").read_bytes().strip()

    def behave(connection, request: bytes) -> None:
        asked = cmp.read_message(request.partition(b"\r\n\r\n")[2]).header
        algorithm = cmp_protection.pbmac1_algorithm(b"0123456789abcdef", 1000)
        told = replace(asked, sender=b"", recipient=b"", recipient_nonce=asked.sender_nonce, algorithm=algorithm)
        written = cmp.write_header(replace(told, **header))
        made = cmp_protection.mac(secret or right, algorithm, cmp.protected_part(written, body or accepted))
        message = cmp.write_message(written, body or accepted, made)
        answers(200, message, f"Content-Type: {MEDIA_TYPE}")(connection, request)

    stub.behave = behave


def test_the_forger_who_knows_the_secret_is_believed(stub: StubHttp, pki: CmpPki) -> None:
    forge(stub, pki)
    assert revoke(pki, stub.url, mac="pbmac1") == Accepted(None)


@pytest.mark.parametrize(
    ("what", "wrong"),
    [
        ("secret", {"secret": b"guessed"}),
        ("transaction", {"transaction_id": b"x" * 16}),
        ("nonce", {"recipient_nonce": b"x" * 16}),
        ("no nonce", {"recipient_nonce": b""}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_answer_to_something_else_or_by_somebody_else_is_not_believed(
    stub: StubHttp, pki: CmpPki, what: str, wrong: dict
) -> None:
    forge(stub, pki, **wrong)
    with pytest.raises(TryLater, match="not believed"):
        revoke(pki, stub.url)


def test_an_answer_about_more_or_fewer_certificates_than_were_named_is_not_believed(
    stub: StubHttp, pki: CmpPki
) -> None:
    one = encode(SEQUENCE, cmp.integer(cmp.ACCEPTED))
    for statuses in ((), (one, one)):
        forge(stub, pki, body=encode(cmp.RP, encode(SEQUENCE, encode(SEQUENCE, *statuses))))
        with pytest.raises(TryLater):
            revoke(pki, stub.url)


def test_several_certificates_go_in_one_message_where_the_ca_takes_it(stub: StubHttp, pki: CmpPki) -> None:
    accepted = encode(SEQUENCE, cmp.integer(cmp.ACCEPTED))
    waiting = encode(SEQUENCE, cmp.integer(cmp.WAITING))
    forge(stub, pki, body=encode(cmp.RP, encode(SEQUENCE, encode(SEQUENCE, accepted, waiting))))
    authority = open_cmp(settings(pki, stub.url, batch=2))
    outcomes = authority.revoke_many([order(pki), order(pki, serial=pki.other_serial)])
    authority.close()
    assert outcomes == [Accepted(None), PendingApproval()]
    assert authority.capabilities.batch == 2
    assert len(stub.requests) == 1


def test_a_server_cannot_make_us_count_for_ever(stub: StubHttp, pki: CmpPki) -> None:
    endless = cmp_protection.password_based_algorithm(b"0123456789abcdef", 2_000_000_000)
    body = encode(cmp.RP, encode(SEQUENCE, encode(SEQUENCE)))

    def behave(connection, request: bytes) -> None:
        header = replace(cmp.read_message(request.partition(b"\r\n\r\n")[2]).header, algorithm=endless)
        message = cmp.write_message(cmp.write_header(header), body, b"x" * 32)
        answers(200, message, f"Content-Type: {MEDIA_TYPE}")(connection, request)

    stub.behave = behave
    with pytest.raises(TryLater, match="iterations"):
        revoke(pki, stub.url)


def test_an_answer_of_another_media_type_is_not_read(stub: StubHttp, pki: CmpPki) -> None:
    stub.behave = answers(200, b"\x30\x00", "Content-Type: text/html")
    with pytest.raises(TryLater):
        revoke(pki, stub.url)


# --- settings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"isuers": "ca.pem"}, "isuers"),
        ({"batch": 0}, "batch"),
        ({"mac": "md5"}, "mac"),
        ({"issuers": "nowhere.pem"}, "nowhere.pem"),
        ({"certificate": "desk.pem"}, "certificate"),
        ({"recipient": "not a name"}, "recipient"),
    ],
)
def test_a_wrong_option_is_named(pki: CmpPki, options: dict, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        open_cmp(settings(pki, "http://127.0.0.1:1", **options))


def test_the_secret_is_in_no_message_and_must_be_closed_to_others(pki: CmpPki, tmp_path: Path) -> None:
    open_to_all = tmp_path / "secret"
    open_to_all.write_text("very secret")
    open_to_all.chmod(0o644)
    authority = open_cmp(replace(settings(pki, "http://127.0.0.1:1"), token_file=open_to_all))
    with pytest.raises(ConfigurationError) as wrong:
        authority.revoke(order(pki))
    authority.close()
    assert "very secret" not in str(wrong.value) + wrong.value.next_step


def test_an_issuer_that_is_not_among_the_cas_own_is_refused_without_asking(pki: CmpPki) -> None:
    authority = open_cmp(settings(pki, "http://127.0.0.1:1"))
    with pytest.raises(Refused) as refused:
        authority.revoke(order(pki, issuer_key_identifier="00" * 20))
    authority.close()
    assert refused.value.why == "wrong_issuer"


def test_what_stands_in_an_issuers_name_is_sent_as_it_is_in_its_certificate(stub: StubHttp, pki: CmpPki) -> None:
    forge(stub, pki)
    revoke(pki, stub.url)
    subject = x509.load_der_x509_certificate(pki.issuer.certificate_der).subject
    assert subject.public_bytes() in stub.requests[0]
    assert cmp.integer(pki.serial)[2:] in stub.requests[0]
