"""Host names, object identifiers, Business IDs, common names and organisations in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from sulku_revocation.domain.business_id import ARC, business_id_of, is_oid, oid_of, read_business_id
from sulku_revocation.domain.host_name import read_host_name
from sulku_revocation.domain.reference import Reference, ReferenceKind
from sulku_revocation.domain.words import CONCEPTS, DIGITS, DOTTED, Words, bits_of

_HOST, _COMMON_NAME = CONCEPTS["label_host"], CONCEPTS["label_common_name"]
_ORGANISATION, _CERTIFICATE = CONCEPTS["label_organisation"], CONCEPTS["certificate"]
_REVOKE = CONCEPTS["revoke"]
_LABELS = _HOST | _COMMON_NAME
_TELLING = _LABELS | DOTTED | DIGITS
_ALSO = frozenset({"myös", "sekä", "också", "även", "samt", "also", "plus"})
_REACH = 4
# Names that stand in mails about certificates and point at nobody's certificate.
GENERIC_HOSTS = frozenset(
    [
        "aka.ms",
        "apple.com",
        "crt.sh",
        "dvv.fi",
        "example.com",
        "facebook.com",
        "fineid.fi",
        "github.com",
        "gitlab.com",
        "gmail.com",
        "google.com",
        "hotmail.com",
        "icloud.com",
        "kanta.fi",
        "linkedin.com",
        "live.com",
        "microsoft.com",
        "office.com",
        "outlook.com",
        "pastebin.com",
        "suomi.fi",
        "thl.fi",
        "twitter.com",
        "vrk.fi",
        "w3.org",
        "x.com",
        "youtube.com",
    ]
)
_BELOW_GENERIC = tuple(f".{host}" for host in GENERIC_HOSTS)
# Ends of file names, which look like the ends of host names.
_FILE_ENDINGS = frozenset(
    [
        "asc",
        "cer",
        "cfg",
        "conf",
        "crl",
        "crt",
        "csr",
        "csv",
        "der",
        "doc",
        "docx",
        "eml",
        "gz",
        "html",
        "htm",
        "jks",
        "jpeg",
        "jpg",
        "json",
        "key",
        "log",
        "msg",
        "p12",
        "p7b",
        "p7c",
        "p7m",
        "p7s",
        "pdf",
        "pem",
        "pfx",
        "php",
        "png",
        "ps1",
        "py",
        "rtf",
        "sh",
        "sig",
        "tar",
        "txt",
        "xls",
        "xlsx",
        "xml",
        "xz",
        "zip",
    ]
)
_BUSINESS_ID = re.compile(r"\d{6,7}-\d|FI\d{8}", re.IGNORECASE)
_SHORTEST_BUSINESS_ID = 8
_COMMON_NAME_VALUE = re.compile(
    r"\b(CN|common ?name|yleisnimi|nimi|nimellä)\b[ \t]{0,3}(?:\([^()\n]{0,40}\))?[ \t]{0,3}[=:][ \t]{0,3}"
    r"([^\n,;/<>\"+|]{1,64})",
    re.IGNORECASE,
)
_ORGANISATION_VALUE = re.compile(
    r"(?:^[ \t>*|-]{0,8}(?:organisaatio|organisation|organization|yritys|yhteisö|toimintayksikkö|tilaaja|"
    r"(?:varmenteen )?haltija|företag|(?:certifikat)?innehavare(?:n)?|company|subscriber|(?:certificate )?holder)"
    r"[^:=\n]{0,20}[:=]|\bO=)[ \t]{0,4}([^\n;|]{2,100})",
    re.IGNORECASE,
)
_AFTER_NAME = re.compile(r"[,(]? ?(?:y-tunnus|fo-nummer|business id|oid|ou=|cn=|c=|l=)|\(|,", re.IGNORECASE)
# `varmenne.Kiitos`: the blank behind a full stop is missing.
_TWO_SENTENCES = re.compile(r"[^.]*[a-zäöå]\.[A-ZÄÖÅ][a-zäöå]+")
_HOST_END = re.compile(r"[/?#]")
_QUOTES = '"”“»'
_QUOTED = re.compile(r"[\"”“»']([^\"”“»'\n]{3,64})[\"”“'»]")
_MOST = 200


def find_names(words: Words, where: str, own_domains: frozenset[str]) -> Iterator[Reference]:
    """The names in `words`. `own_domains` are those of the sender's address: alone they name no certificate."""
    if words.all_bits & (DOTTED | DIGITS):
        yield from _from_tokens(words, where, own_domains)
    if words.all_bits & _COMMON_NAME:
        yield from _common_names(words.text, where)
    if words.all_bits & _ORGANISATION:
        yield from _organisations(words.text, where)
    if words.all_bits & _CERTIFICATE and any(map(words.text.__contains__, _QUOTES)):
        for match in _QUOTED.finditer(words.text[:100_000]):
            if not read_host_name(match[1]):
                yield Reference(ReferenceKind.COMMON_NAME, match[1].strip(), where, shown=match[1], is_labelled=False)


def _from_tokens(words: Words, where: str, own_domains: frozenset[str]) -> Iterator[Reference]:
    label_at = -100
    for at, mask in words.marked:
        if not mask & _TELLING:
            continue
        if mask & _LABELS:
            label_at = at
        if mask & DOTTED:
            is_labelled = at - label_at <= _REACH or _is_asked_for(words, at)
            yield from _dotted(words.tokens[at], where, own_domains, is_labelled=is_labelled)
        elif mask & DIGITS and len(words.tokens[at]) >= _SHORTEST_BUSINESS_ID:
            token = words.tokens[at].rstrip(".")
            found = read_business_id(token) if _BUSINESS_ID.fullmatch(token) else None
            if found:
                yield Reference(ReferenceKind.BUSINESS_ID, found, where, shown=token)


def _is_asked_for(words: Words, at: int) -> bool:
    """Whether the words just before it in its sentence ask for it: "revoke …", "and also …"."""
    for before in range(at - 1, max(at - 1 - _REACH, -1), -1):
        word = words.tokens[before]
        if word == "\n" or word.endswith("."):
            return False
        if words.masks[before] & _REVOKE or word.lower() in _ALSO:
            return True
    return False


def _dotted(token: str, where: str, own_domains: frozenset[str], *, is_labelled: bool) -> Iterator[Reference]:
    if "://" in token:
        token = _HOST_END.split(token.partition("://")[2], maxsplit=1)[0]
    if "@" in token or len(token) > 260:
        return
    shown = token.strip(".:-'’")
    name = shown.partition(":")[0]  # a port, or a label glued in front
    if "." not in name:
        name = shown.rpartition(":")[2]
    if is_oid(name) and name.count(".") >= 4:
        yield from _oids(name, where)
        return
    host = read_host_name(name)
    if host is None or not (_is_telling(host) or is_labelled) or _is_file(host) or _TWO_SENTENCES.fullmatch(name):
        return
    bare = host.removeprefix("www.")
    if bare in GENERIC_HOSTS or bare.endswith(_BELOW_GENERIC):
        return
    if is_labelled or bare not in own_domains:
        yield Reference(ReferenceKind.HOST_NAME, host, where, shown=shown, is_labelled=is_labelled)


def _oids(oid: str, where: str) -> Iterator[Reference]:
    yield Reference(ReferenceKind.OID, oid, where, shown=oid)
    business_id = business_id_of(oid) if oid.startswith(ARC) else None
    if business_id and oid_of(business_id) != oid:
        # The OID of a unit leads to its organisation as well.
        yield Reference(ReferenceKind.OID, oid_of(business_id), where, shown=oid, is_labelled=False)


def _is_file(host: str) -> bool:
    return host.rpartition(".")[2] in _FILE_ENDINGS


def _is_telling(host: str) -> bool:
    """Whether a dotted word is a host name by its looks, not two sentences without a blank between them."""
    ending = host.rpartition(".")[2]
    return len(ending) <= 6 or ending.startswith("xn--") or host.count(".") >= 2


def _in_lines(label_and_value: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Where a label with its value stands: on a line with a colon or an equals sign, and few lines have one."""
    if ":" not in text and "=" not in text:
        return
    for line in text.split("\n"):
        if ":" in line or "=" in line:
            yield from label_and_value.finditer(line)


def _common_names(text: str, where: str) -> Iterator[Reference]:
    for match in islice(_in_lines(_COMMON_NAME_VALUE, text), _MOST):
        value = match[2].strip(" \t.*'’")
        # "Palvelimen nimi: …" gives a host name, "CN=…" the common name, which may be a host name too.
        if value and (read_host_name(value) is None or not match[1].lower().startswith("nim")):
            yield Reference(ReferenceKind.COMMON_NAME, value, where, shown=match[2].strip())


def _organisations(text: str, where: str) -> Iterator[Reference]:
    for match in islice(_in_lines(_ORGANISATION_VALUE, text), _MOST):
        value = _AFTER_NAME.split(match[1], maxsplit=1)[0].strip(" \t.*-\"'")
        if len(value) >= 2 and not bits_of(value) & DIGITS and "@" not in value:
            yield Reference(ReferenceKind.ORGANISATION, value, where, shown=value)
