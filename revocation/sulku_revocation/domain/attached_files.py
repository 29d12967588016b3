"""What came with a mail beside its text, file by file, as people are told: what each is, and what became of it.

Made of what reading and judging have found already, and kept with the mail, so that nobody needs the original to see
it. Of what the files hold nothing is in it but whose certificates they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sulku_kernel.columns import storable_text
from sulku_mailbox.domain.attachments import bare_name
from sulku_mailbox.domain.defects import Defect
from sulku_mailbox.domain.file_kinds import ARCHIVES, Kind, kind_of
from sulku_mailbox.domain.files import all_files
from sulku_mailbox.domain.mail import Attachment, Locked, Mail
from sulku_revocation.domain.attached_file import AttachedFile, Became, FileKind, HeldCertificate, file_json
from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.certificate_files import find_certificates
from sulku_revocation.domain.certificate_reading import identify_certificate
from sulku_revocation.domain.find_certificates_in_mail import MOST_CERTIFICATES, references_of_file
from sulku_revocation.domain.find_references import SIGNATURES, is_text
from sulku_revocation.domain.judgement import Judgement, Proof
from sulku_revocation.domain.proofs.claim import ProofKind
from sulku_revocation.domain.proofs.java_key_store import KEY_STORES
from sulku_revocation.domain.proofs.shapes import Shape, may_be_der, shape_of
from sulku_revocation.domain.proven import has_private_key
from sulku_revocation.domain.reference import Reference, ReferenceKind
from sulku_tickets.domain.masking import beside_keys, mask

MOST_FILES = 50
_MOST_CERTIFICATES = 5
_LONGEST_NAME, _LONGEST_WHERE = 255, 200
_LARGEST_FOR_PEOPLE = 100_000  # octets: nothing longer is a certificate that somebody attached
_DEEPEST = 8

_KINDS = {
    **dict.fromkeys((*ARCHIVES, Kind.TNEF), FileKind.ARCHIVE),
    Kind.PDF: FileKind.PDF,
    Kind.MESSAGE: FileKind.MAIL,
    Kind.PICTURE: FileKind.PICTURE,
}
# What the first octets do not tell apart: an office document is a zip, and what is not read has only its name.
_BY_NAME = frozenset({Kind.ZIP, Kind.UNKNOWN, Kind.BROKEN})
_ENDINGS = {
    **dict.fromkeys(
        ("doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "rtf", "pages", "one"), FileKind.DOCUMENT
    ),
    **dict.fromkeys(
        ("zip", "7z", "tar", "tgz", "gz", "bz2", "tbz", "xz", "txz", "zst", "tzst", "rar", "cab", "lz", "lzma", "z",
         "iso", "ace", "arj", "lzh"), FileKind.ARCHIVE
    ),
    "pdf": FileKind.PDF, "msg": FileKind.MAIL, "eml": FileKind.MAIL,
}  # fmt: skip
_SHAPES = {
    Shape.PRIVATE_KEY: FileKind.KEY,
    Shape.ENCRYPTED_KEY: FileKind.KEY,
    Shape.PKCS12: FileKind.KEY,
    Shape.REQUEST: FileKind.REQUEST,
    Shape.CERTIFICATE: FileKind.CERTIFICATE,
    Shape.PUBLIC_KEY: FileKind.PUBLIC_KEY,
}
_LABELS = (
    (b"PRIVATE KEY-----", FileKind.KEY),
    (b"CERTIFICATE REQUEST-----", FileKind.REQUEST),
    (b"PUBLIC KEY-----", FileKind.PUBLIC_KEY),
)
_TYPES = {
    **dict.fromkeys(SIGNATURES, FileKind.SIGNATURE),
    **dict.fromkeys(
        ("message/delivery-status", "message/disposition-notification", "message/feedback-report",
         "text/rfc822-headers"), FileKind.REPORT
    ),
    "text/calendar": FileKind.CALENDAR,
}  # fmt: skip
# Where a file stands that is inside no other: a part, or the text; also of an earlier mail that this one opened.
_EARLIER = "earlier!"
_OUTERMOST = re.compile(rf"(?:{_EARLIER})?(?:[\d.]+|t\d+)")


def attached_files(mail: Mail, judgement: Judgement) -> tuple[tuple[AttachedFile, ...], int]:
    """The files of a mail in its order, the pictures in its text last, and how many more than `MOST_FILES` there are.

    Pure and total.
    """
    if not (mail.attachments or mail.extracted or mail.locked or mail.forwarded):
        return (), 0
    listing = _Listing(mail, judgement)
    files = sorted(listing.files_of(mail), key=lambda file: file.is_in_text)
    return tuple(files), listing.left_out


def files_json(mail: Mail, judgement: Judgement) -> dict[str, Any] | None:
    """The same as it is kept beside the mail; None for a mail without files, as most are."""
    files, left_out = attached_files(mail, judgement)
    return {"files": [file_json(file) for file in files], "left_out": left_out} if files else None


class _Listing:
    """One mail's files being listed, with what its judgement says of them."""

    def __init__(self, mail: Mail, judgement: Judgement) -> None:
        self._left = MOST_FILES
        self.left_out = 0
        self._known = {match.certificate.serial.hex for match in judgement.matches}
        self._has_key = has_private_key(judgement.proofs)
        self._proofs: dict[str, Proof] = {}
        for proof in sorted(judgement.proofs, key=lambda one: one.is_verified):
            self._proofs[proof.where] = proof
        self._of_lone_file = _certificates_named(judgement) if _has_one_file(mail) else ()

    def files_of(self, mail: Mail, prefix: str = "", depth: int = 0) -> list[AttachedFile]:
        """Those of this mail, then the mails forwarded with it; their places begin with `prefix`."""
        tree = _Tree()
        shut = {locked.where: locked for locked in mail.locked}
        for file in mail.attachments:
            place = f"{file.where}!{file.name or 'file'}"
            if self._take():
                tree.add(place, AttachedFile("", FileKind.OTHER, Became.OPENED), tree.outermost)
            self._describe(tree.by_place.get(place), file, prefix, shut.pop(file.where, None))
        for file in mail.extracted:
            if file.content_type == "text/plain":  # what a document says
                self._add_text(tree, file, prefix)
            else:
                self._describe(self._node(tree, file.where), file, prefix, shut.pop(file.where, None))
        for locked in shut.values():
            if (node := self._node(tree, locked.where, FileKind.OTHER)) is not None:
                node.became = Became(locked.why.value)
        if mail.is_encrypted:
            for node in tree.outermost:
                node.became = Became.ENCRYPTED
        return [*tree.outermost, *self._forwarded(mail, prefix, depth)]

    def _forwarded(self, mail: Mail, prefix: str, depth: int) -> Iterator[AttachedFile]:
        for number, inner in enumerate(mail.forwarded if depth < _DEEPEST else (), 1):
            if not self._take():
                continue
            is_readable = Defect.UNREADABLE not in inner.defects
            became = Became.READ if is_readable else Became.DAMAGED
            node = AttachedFile(_shown(inner.subject), FileKind.MAIL, became, inner.size)
            node.inside = self.files_of(inner, f"{prefix}f{number}!", depth + 1)
            yield node

    def _describe(self, node: AttachedFile | None, file: Attachment, prefix: str, locked: Locked | None) -> None:
        """Say of a listed file what it is."""
        if node is None:
            return
        sort = kind_of(file)
        node.name, node.size = _shown(file.name), file.size
        node.proof = self._proof_at(f"{prefix}{file.where}")
        node.kind = self._kind(file, sort, node.proof)
        if sort is Kind.PLAIN and node.kind is not FileKind.SIGNATURE:
            self._hold(node, file)
        node.is_in_text = file.is_inline and node.kind is FileKind.PICTURE
        node.became = _became(file, sort, node.kind, locked)

    def _add_text(self, tree: _Tree, file: Attachment, prefix: str) -> None:
        """What a document says tells of the document."""
        above = self._node(tree, file.where.rpartition("!")[0])
        if above is not None:
            above.proof = above.proof or self._proof_at(f"{prefix}{file.where}")
            if _is_of_key(above.proof):
                above.became = Became.SEALED
            elif above.became is Became.OPENED:  # and not read in part only
                above.became = Became.READ
            self._hold(above, file)

    def _node(self, tree: _Tree, place: str, kind: FileKind = FileKind.ARCHIVE, depth: int = 0) -> AttachedFile | None:
        """The file at that place. Those around it that nobody kept, as an archive in an archive, are made here too."""
        node = tree.by_place.get(place)
        if node is not None:
            return node
        if not self._take():
            return None
        around, _, name = place.rpartition("!")
        node = AttachedFile(_shown(bare_name(name)), _by_ending(name, kind), Became.OPENED)
        if not around or depth >= _DEEPEST or _OUTERMOST.fullmatch(around):
            node.is_earlier = around.startswith(_EARLIER)
            return tree.add(place, node, tree.outermost)
        above = self._node(tree, around, depth=depth + 1)
        return None if above is None else tree.add(place, node, above.inside)

    def _proof_at(self, where: str) -> Proof | None:
        return self._proofs.get(where.removeprefix(_EARLIER)[:_LONGEST_WHERE])

    def _take(self) -> bool:
        """Whether one more may be listed."""
        if not self._left:
            self.left_out += 1
            return False
        self._left -= 1
        return True

    def _kind(self, file: Attachment, sort: Kind, proof: Proof | None) -> FileKind:
        if _is_of_key(proof):
            return FileKind.KEY
        if sort in _BY_NAME:
            return _by_ending(file.name, FileKind.ARCHIVE if sort is Kind.ZIP else FileKind.OTHER)
        if sort is not Kind.PLAIN:
            return _KINDS[sort]
        kind = _kind_of_plain(file)
        # The same key in two files is proven of the first only.
        return FileKind.KEY if self._has_key and _hides_key(file) else kind

    def _hold(self, node: AttachedFile, file: Attachment) -> None:
        """Note whose certificates are in the file, unless they are there to prove something."""
        if node.proof is not None:
            return
        found = self._of_lone_file or _certificates_named_in(file)
        serials = {reference.readings[0]: _name_in(reference) for reference in found}
        held = [HeldCertificate(name, serial, is_known=serial in self._known) for serial, name in serials.items()]
        held = held or list(_authorities_in(file))
        node.held = (*node.held, *held[: _MOST_CERTIFICATES - len(node.held)])
        node.held_count += len(held)
        if held and (node.kind is FileKind.OTHER or _begins_as_pem(file)) and node.kind is not FileKind.KEY:
            node.kind = FileKind.CERTIFICATE


@dataclass(slots=True)
class _Tree:
    outermost: list[AttachedFile] = field(default_factory=list)
    by_place: dict[str, AttachedFile] = field(default_factory=dict)

    def add(self, place: str, node: AttachedFile, siblings: list[AttachedFile]) -> AttachedFile:
        self.by_place[place] = node
        siblings.append(node)
        return node


def _is_of_key(proof: Proof | None) -> bool:
    return proof is not None and proof.kind == ProofKind.PRIVATE_KEY


def _shown(name: str) -> str:
    return mask(storable_text(name, _LONGEST_NAME))


def _by_ending(name: str, otherwise: FileKind) -> FileKind:
    return _ENDINGS.get(name.lower().rpartition(".")[2], otherwise)


def _kind_of_plain(file: Attachment) -> FileKind:
    content = file.content
    if file.content_type in _TYPES:
        return _TYPES[file.content_type]
    if may_be_der(content):
        return _SHAPES.get(shape_of(content), FileKind.OTHER)
    if content[:4] in KEY_STORES:
        return FileKind.KEY
    for label, kind in _LABELS:
        if label in content:
            return kind
    if _begins_as_pem(file, b"CERTIFICATE"):
        return FileKind.CERTIFICATE
    return FileKind.TEXT if is_text(file) else FileKind.OTHER


def _hides_key(file: Attachment) -> bool:
    text = file.content[:_LARGEST_FOR_PEOPLE].decode("latin-1")
    return beside_keys(text) != text


def _became(file: Attachment, sort: Kind, kind: FileKind, locked: Locked | None) -> Became:
    if locked is not None:
        return Became(locked.why.value)
    if kind is FileKind.KEY:
        return Became.SEALED
    if kind is FileKind.SIGNATURE:
        return Became.SIGNATURE if "pkcs7" in file.content_type else Became.UNCHECKED
    if sort is not Kind.PLAIN:
        return Became.OPENED
    if file.is_text_too:
        return Became.SHOWN
    return Became.SEARCHED if kind is FileKind.OTHER else Became.READ


def _has_one_file(mail: Mail) -> bool:
    return not mail.forwarded and sum(file.content_type not in SIGNATURES for file in all_files(mail)) == 1


def _certificates_named(judgement: Judgement) -> tuple[Reference, ...]:
    return tuple(
        reference
        for reference in judgement.references
        if reference.kind is ReferenceKind.CERTIFICATE and reference.where == "attachment"
    )


def _certificates_named_in(file: Attachment) -> tuple[Reference, ...]:
    found = references_of_file(file.content, "attachment")
    return tuple(reference for reference in found if reference.kind is ReferenceKind.CERTIFICATE)


def _name_in(reference: Reference) -> str:
    return mask(reference.shown.removesuffix(f" {reference.readings[0]}"))


def _authorities_in(file: Attachment) -> Iterator[HeldCertificate]:
    """CAs' certificates: nobody asks for those to be revoked, and no reference is made of them."""
    if len(file.content) > _LARGEST_FOR_PEOPLE:
        return
    try:
        for der in find_certificates(file.content, limit=MOST_CERTIFICATES)[:_MOST_CERTIFICATES]:
            read = identify_certificate(der)
            if read.is_ca:
                yield HeldCertificate(mask(storable_text(read.name, _LONGEST_NAME)), read.serial.hex, is_ca=True)
    except UnreadableError:
        return


def _begins_as_pem(file: Attachment, label: bytes = b"") -> bool:
    return file.content[:_LONGEST_NAME].lstrip().startswith(b"-----BEGIN " + label)
