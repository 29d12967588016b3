"""`find_references`: everything in a mail that points at a certificate, a key or an organisation.

Read are the subject, what is new in the text, attached files and what is inside them, and forwarded mails; never the
quoted history, which names what earlier mails were about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from sulku_kernel.address import domain_of
from sulku_kernel.identity_code import mask_identity_codes
from sulku_mailbox.domain.characters import plain_characters
from sulku_mailbox.domain.charsets import decode_text
from sulku_mailbox.domain.defects import Findings
from sulku_mailbox.domain.files import saying_files
from sulku_mailbox.domain.html_text import html_to_text
from sulku_mailbox.domain.limits import LIMITS
from sulku_mailbox.domain.mail import Attachment, Automatic, Mail
from sulku_revocation.domain.find_certificates_in_mail import (
    OwnText,
    own_text,
    references_of_block,
    references_of_file,
    said_beside_blocks,
)
from sulku_revocation.domain.find_names import find_names
from sulku_revocation.domain.find_numbers import find_numbers
from sulku_revocation.domain.other_letters import find_spelled_otherwise, has_other_letters
from sulku_revocation.domain.reference import Reference, ReferenceKind
from sulku_revocation.domain.words import CONCEPTS, Words, read_words

# A mail that names more is an attack or a list for a campaign: a person sees it with the first of them.
MOST_REFERENCES = 5_000
_MOST_MENTIONS = 20_000
_DEEPEST = LIMITS.forwarded_depth
_TEXT_ENDINGS = (".txt", ".csv", ".log", ".md", ".json", ".pem", ".tsv")
_HTML_ENDINGS = (".html", ".htm")
_LONGEST_TEXT_FILE = 1_000_000
_NAMES = frozenset({ReferenceKind.COMMON_NAME, ReferenceKind.ORGANISATION})
_REPORTS_ABOUT_MAILS = frozenset({Automatic.BOUNCE, Automatic.RECEIPT, Automatic.FEEDBACK})
# Detached signatures (RFC 8551, 3.5.3.1; RFC 3156, 5)
SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})
_ABOUT = CONCEPTS["certificate"] | CONCEPTS["label_serial"] | CONCEPTS["revoke"]


def find_references(mail: Mail, own: OwnText | None = None) -> tuple[Reference, ...]:
    """The references of a mail, each once, in the order in which they stand. Total; linear in the mail's size.

    `own`: its `own_text`, if that was read before.
    """
    if mail.automatic in _REPORTS_ABOUT_MAILS:
        return ()  # whatever stands in them was quoted from what had been sent
    found: dict[tuple[ReferenceKind, str], Reference] = {}
    for reference in islice(_of_mail(mail, own or own_text(mail), depth=0), _MOST_MENTIONS):
        if reference.kind in _NAMES and mask_identity_codes(reference.value) != reference.value:
            continue  # somebody's personal identity code names no certificate, and is shown to nobody
        key = (reference.kind, reference.value)
        known = found.get(key)
        if known is None:
            found[key] = reference
        elif reference.is_labelled and not known.is_labelled:
            found[key] = replace(known, is_labelled=True)
        if len(found) >= MOST_REFERENCES:
            break
    return tuple(_without_shadows(found.values()))


def _of_mail(mail: Mail, own: OwnText, *, depth: int) -> Iterator[Reference]:
    forwarded = depth > 0
    domain = domain_of(mail.header_from or "")
    own_domains = frozenset({domain, domain.removeprefix("mail.")} - {""})
    subject = read_words(mail.subject)
    text, blocks = own
    body = read_words(text)
    is_about = bool((subject.all_bits | body.all_bits) & _ABOUT)
    for words, where in ((subject, "subject"), (body, "text")):
        yield from _of_words(words, "forwarded" if forwarded else where, own_domains, is_about=is_about)
    for label, der in blocks:
        yield from references_of_block(label, der, "forwarded" if forwarded else "text")
    for attachment in saying_files(mail):
        if attachment.content_type in SIGNATURES:
            continue  # whose certificate signed the mail is no word about which one is meant
        yield from _of_attachment(attachment, "forwarded" if forwarded else "attachment", own_domains)
    if depth < _DEEPEST:
        for inner in mail.forwarded:
            yield from _of_mail(inner, own_text(inner), depth=depth + 1)


def _of_words(words: Words, where: str, own_domains: frozenset[str], *, is_about: bool) -> Iterator[Reference]:
    find = find_spelled_otherwise if has_other_letters(words.text) else find_numbers
    yield from find(words, where, is_about_certificates=is_about)
    yield from find_names(words, where, own_domains)


def _of_attachment(attachment: Attachment, where: str, own_domains: frozenset[str]) -> Iterator[Reference]:
    yield from references_of_file(attachment.content, where)
    text = text_of(attachment)
    if text:
        words = read_words(said_beside_blocks(text))
        yield from _of_words(words, where, own_domains, is_about=True)


def text_of(attachment: Attachment) -> str:
    """What an attached text or HTML file says; empty for every other kind."""
    is_html = _is_html(attachment)
    if not (is_html or is_text(attachment)) or attachment.size > _LONGEST_TEXT_FILE:
        return ""
    text = decode_text(attachment.content, "", Findings())
    return plain_characters(html_to_text(text) if is_html else text, Findings())


def is_text(attachment: Attachment) -> bool:
    """Whether it is a file of text, by what its sender calls it."""
    is_plain = attachment.content_type in {"text/plain", "text/csv"} or attachment.name.lower().endswith(_TEXT_ENDINGS)
    return is_plain or _is_html(attachment)


def _is_html(attachment: Attachment) -> bool:
    return attachment.content_type == "text/html" or attachment.name.lower().endswith(_HTML_ENDINGS)


def _without_shadows(references: Iterable[Reference]) -> Iterator[Reference]:
    """Without serials that are only a fingerprint's digits read another way."""
    all_of_them = list(references)
    certain = {r.value for r in all_of_them if r.kind is not ReferenceKind.SERIAL and r.is_labelled}
    for reference in all_of_them:
        if reference.kind is ReferenceKind.SERIAL and not reference.is_labelled and reference.value in certain:
            continue
        yield reference
