"""What a mail's S/MIME signature is worth (RFC 8551): intact, by whom, trusted, and is the signer who stands in From?

A signature covers the body only. Sender, recipients and subject of the outer header are anybody's, so the signer's
address must be the From address, and an old signature proves an old mail: both are kept apart in the evidence.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from sulku_kernel.address import normalise_address
from sulku_mailbox.domain.evidence import SmimeEvidence, SmimeVerdict
from sulku_mailbox.domain.smime_layers import Layer, LayerKind
from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.cms_signature import UnsupportedSignatureError, is_intact
from sulku_revocation.domain.cms_signed_data import SignedData, SignerInfo, read_signed_data
from sulku_revocation.domain.crl_writing import key_identifier_of
from sulku_revocation.domain.library_errors import UNREADABLE
from sulku_revocation.domain.smime_path import SmimeTrust, judge_certificate
from sulku_revocation.domain.spki import spki_of

# A signature that was made longer ago may come from an old mail that somebody sends again.
OLDEST = timedelta(days=7)
SKEW = timedelta(minutes=5)
_MOST_ADDRESSES, _LONGEST_NAME = 20, 500


def verify_smime(layer: Layer, header_from: str | None, trust: SmimeTrust, received_at: datetime) -> SmimeEvidence:
    """The evidence of a signed layer. Total: what cannot be read or is not known is `broken` or `unsupported`."""
    if layer.kind is LayerKind.PART:
        return SmimeEvidence(SmimeVerdict.BROKEN, "part_only")
    try:
        data = read_signed_data(layer.cms)
        signer, certificate, others = _the_signer(data)
        found = _described(certificate, signer, received_at)
        if not _covers(layer, data) or not is_intact(data, signer, certificate.public_key(), layer.signed):
            return replace(found, why="changed_or_forged")
    except UnsupportedSignatureError as error:
        return SmimeEvidence(SmimeVerdict.UNSUPPORTED, str(error))
    except (UnreadableError, *UNREADABLE):
        return SmimeEvidence(SmimeVerdict.BROKEN, "unreadable")
    verdict, why = judge_certificate(certificate, others, trust, received_at)
    if verdict is SmimeVerdict.VALID and header_from not in found.addresses:
        verdict = SmimeVerdict.OTHER_ADDRESS
    return replace(found, verdict=verdict, why=why, is_intact=True)


def _the_signer(data: SignedData) -> tuple[SignerInfo, x509.Certificate, list[x509.Certificate]]:
    """The one signer, its certificate, and those that came along. Raises UnsupportedSignatureError."""
    if len(data.signers) != 1:
        raise UnsupportedSignatureError("several_signers" if data.signers else "no_signer")
    certificates = _certificates(data)
    for certificate in certificates:
        if _is_of(certificate, data.signers[0]):
            return data.signers[0], certificate, [one for one in certificates if one is not certificate]
    raise UnsupportedSignatureError("no_certificate")


def _covers(layer: Layer, data: SignedData) -> bool:
    """Beside a signature lies what it signs, or inside: never both, lest something else is read than was signed."""
    return (data.content is None) == (layer.kind is LayerKind.DETACHED)


def content_of(layer: Layer) -> bytes | None:
    """The MIME entity inside an opaque signature, to be read; None when there is none."""
    try:
        return read_signed_data(layer.cms).content if layer.kind is LayerKind.OPAQUE else None
    except UnreadableError:
        return None


def _certificates(data: SignedData) -> list[x509.Certificate]:
    found = []
    for der in data.certificates:
        try:
            found.append(x509.load_der_x509_certificate(der))
        except UNREADABLE:
            continue
    return found


def _is_of(certificate: x509.Certificate, signer: SignerInfo) -> bool:
    try:
        if signer.key_identifier:
            return key_identifier_of(certificate) == signer.key_identifier
        named = certificate.issuer.public_bytes() == signer.issuer
        return certificate.serial_number == signer.serial and (named or _same_name(certificate, signer))
    except UNREADABLE:
        return False


def _same_name(certificate: x509.Certificate, signer: SignerInfo) -> bool:
    """Names may be written with other string types than the library would write them with."""
    return signer.issuer in certificate.tbs_certificate_bytes


def _described(certificate: x509.Certificate, signer: SignerInfo, received_at: datetime) -> SmimeEvidence:
    """What is to be known of the signer, before anything is verified: `verdict` is still open."""
    signed_at = signer.signing_time
    is_old = signed_at is None or not received_at - OLDEST <= signed_at <= received_at + SKEW
    return SmimeEvidence(
        SmimeVerdict.BROKEN,
        addresses=_addresses(certificate),
        subject=certificate.subject.rfc4514_string()[:_LONGEST_NAME],
        issuer=certificate.issuer.rfc4514_string()[:_LONGEST_NAME],
        serial=format(certificate.serial_number, "x"),
        spki=spki_of(certificate.public_key()),
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        signed_at=signed_at,
        is_old=is_old,
    )


def _addresses(certificate: x509.Certificate) -> tuple[str, ...]:
    """Normalised, from the alternative name or, in old certificates, the subject (RFC 8550, 3)."""
    found: list[str] = []
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        found += names.get_values_for_type(x509.RFC822Name)
    except (x509.ExtensionNotFound, *UNREADABLE):
        pass
    found += [str(one.value) for one in certificate.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS)]
    normalised = (normalise_address(one) for one in found[:_MOST_ADDRESSES])
    return tuple(dict.fromkeys(one for one in normalised if one is not None))
