"""Distinguished names: read from DER or from text (RFC 4514), written as RFC 4514, compared by meaning.

`2.5.4.5=1` and `serialNumber=1` are the same attribute; so are a PrintableString and a UTF8String of the same letters
(RFC 5280, 7.1). People also write names in the order of the encoding (`C=FI, O=…, CN=…`), as OpenSSL does.
"""

from __future__ import annotations

import re
import unicodedata

from sulku_revocation.domain.certificate_der import (
    OID,
    SEQUENCE,
    SET,
    UnreadableError,
    Value,
    only_value,
    read_oid,
    read_text,
)

Attribute = tuple[str, str]  # dotted OID, value
Name = tuple[tuple[Attribute, ...], ...]  # in the order of the encoding

COMMON_NAME, SERIAL_NUMBER, COUNTRY, LOCALITY = "2.5.4.3", "2.5.4.5", "2.5.4.6", "2.5.4.7"
ORGANISATION, ORGANISATIONAL_UNIT = "2.5.4.10", "2.5.4.11"

# RFC 4514, 3: the names every reader must know.
_WRITTEN = {
    COMMON_NAME: "CN",
    LOCALITY: "L",
    "2.5.4.8": "ST",
    ORGANISATION: "O",
    ORGANISATIONAL_UNIT: "OU",
    COUNTRY: "C",
    "2.5.4.9": "STREET",
    "0.9.2342.19200300.100.1.25": "DC",
    "0.9.2342.19200300.100.1.1": "UID",
}
_READ = {name: oid for oid, name in _WRITTEN.items()} | {
    "S": "2.5.4.8",
    "SERIALNUMBER": SERIAL_NUMBER,
    "SN": "2.5.4.4",
    "SURNAME": "2.5.4.4",
    "GIVENNAME": "2.5.4.42",
    "GN": "2.5.4.42",
    "TITLE": "2.5.4.12",
    "DESCRIPTION": "2.5.4.13",
    "POSTALCODE": "2.5.4.17",
    "BUSINESSCATEGORY": "2.5.4.15",
    "DNQUALIFIER": "2.5.4.46",
    "ORGANIZATIONIDENTIFIER": "2.5.4.97",
    "EMAILADDRESS": "1.2.840.113549.1.9.1",
    "E": "1.2.840.113549.1.9.1",
    "EMAIL": "1.2.840.113549.1.9.1",
}
_OID = re.compile(r"(?:OID\.)?([0-2](?:\.\d{1,40}){1,30})", re.IGNORECASE)
_LONGEST = 8_192
_MOST_ATTRIBUTES = 100
# Characters of one value; RFC 5280, appendix A allows 64 of most, which CAs exceed.
_LONGEST_VALUE = 1_000


def read_name(der: bytes) -> Name:
    """A Name (RFC 5280, 4.1.2.4) from its DER. Raises UnreadableError."""
    name: list[tuple[Attribute, ...]] = []
    for relative in only_value(der, SEQUENCE).inside():
        attributes: list[Attribute] = []
        for pair in relative.inside():
            if relative.tag != SET or len(name) + len(attributes) >= _MOST_ATTRIBUTES:
                raise UnreadableError("a name is not a list of attributes, or far too long")
            attributes.append(_read_attribute(pair))
        name.append(tuple(attributes))
    return tuple(name)


def _read_attribute(pair: Value) -> Attribute:
    parts = list(pair.inside())
    if len(parts) != 2 or parts[0].tag != OID:
        raise UnreadableError("an attribute of a name has no type or no value")
    text = read_text(parts[1])
    if len(text) > _LONGEST_VALUE:
        raise UnreadableError(f"a name with an attribute of more than {_LONGEST_VALUE} characters")
    return read_oid(parts[0].contents), text


def write_name(name: Name) -> str:
    """RFC 4514: last attribute first; attribute types without a name in that RFC are written as OIDs."""
    return ",".join(
        "+".join(f"{_WRITTEN.get(oid, oid)}={_escape(value)}" for oid, value in relative) for relative in reversed(name)
    )


def _escape(value: str) -> str:
    escaped = re.sub(r'([\\",+;<>=])', r"\\\1", value).replace("\0", "\\00")
    if escaped[:1] in {" ", "#"}:
        escaped = "\\" + escaped
    return escaped[:-1] + "\\ " if escaped[-1:] == " " and escaped[-2:] != "\\ " else escaped


def parse_name(text: str) -> Name:
    """A name as people and programs write it: RFC 4514, with blanks around, names or OIDs, `;` or `/` between.

    The order written is kept reversed as RFC 4514 says, which `name_key` forgives. Raises UnreadableError.
    """
    if len(text) > _LONGEST:
        raise UnreadableError("a name of more than 8192 characters")
    text = text.lstrip()
    if text.startswith("/"):
        parts = [("" if at == 0 else "/", part) for at, part in enumerate(re.split(r"/(?=[A-Za-z0-9.]+=)", text[1:]))]
    else:
        parts = _split(text)
    relatives: list[list[Attribute]] = []
    for separator, part in parts:
        attribute = _parse_attribute(part)
        if separator == "+" and relatives:
            relatives[-1].append(attribute)
        else:
            relatives.append([attribute])
    return tuple(tuple(relative) for relative in reversed(relatives))


def _split(text: str) -> list[tuple[str, str]]:
    """Cut at `,`, `;` and `+` that are neither escaped nor quoted, each part with the separator before it."""
    parts: list[tuple[str, str]] = []
    separator, begin, quoted, at = "", 0, False, 0
    while at < len(text):
        letter = text[at]
        if letter == "\\":
            at += 1
        elif letter == '"':
            quoted = not quoted
        elif letter in ",;+" and not quoted:
            parts.append((separator, text[begin:at]))
            separator, begin = letter, at + 1
        at += 1
    return [*parts, (separator, text[begin:])]


def _parse_attribute(text: str) -> Attribute:
    kind, equals, value = text.partition("=")
    kind = kind.strip()
    oid = _OID.fullmatch(kind)
    found = oid[1] if oid else _READ.get(kind.upper())
    if not equals or found is None:
        raise UnreadableError(f"“{text.strip()[:60]}” is no attribute of a name, such as O=… or 2.5.4.5=…")
    value = value.lstrip()
    if not re.search(r"\\ +$", value):
        value = value.rstrip()
    if value.startswith("#") and re.fullmatch(r"#(?:[0-9A-Fa-f]{2})+", value):
        encoded = bytes.fromhex(value[1:])
        return found, read_text(only_value(encoded, encoded[0]))
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    return found, _unescape(value)


def _unescape(value: str) -> str:
    def plain(match: re.Match[str]) -> str:
        if match[1]:
            return bytes.fromhex(match[1].replace("\\", "")).decode("utf-8", "replace")
        return match[2]

    return re.sub(r"((?:\\[0-9A-Fa-f]{2})+)|\\(.)", plain, value, flags=re.DOTALL)


def name_key(name: Name) -> str:
    """What is equal for equal names: attributes in one order, letters folded and blanks collapsed (RFC 5280, 7.1).

    The order of attributes is left out, since people write it both ways; two CAs that differ in it alone do not exist.
    """
    return "\n".join(sorted(f"{oid}={_prepare(value)}" for relative in name for oid, value in relative))


def _prepare(value: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())


def first_value(name: Name, oid: str) -> str:
    """The first attribute of this type, or an empty string."""
    return next((value for relative in name for kind, value in relative if kind == oid), "")
