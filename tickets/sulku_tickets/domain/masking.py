"""What of a mail's text may be kept beside the sealed original: no private key, no personal identity code.

A ticket's text is read in the console, on terminals and in exports. Masked after references were extracted, since a
serial number may hold something of the shape of a code.

Keys are known by how they begin, not by loading them: in PEM however broken, in base64 without armour (DER whose first
value is a version), in base64 twice, in hex and listed in hex, as a JWK, as PuTTY keeps and OpenSSL prints them; and
what is named a password goes too, since it opens what was attached.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import zip_longest

from sulku_kernel.identity_code import mask_identity_codes
from sulku_tickets.domain.hex_dump import replace_dumps
from sulku_tickets.domain.wrapped_pem import without_wrapped_keys

KEY_REMOVED = "[private key: sealed in the original]"
PASSWORD_REMOVED = "[password removed]"  # noqa: S105  a sentence

# Dashes may have become others, the end may be missing, the lines may have lost their breaks.
_PEM = re.compile(
    r"(?<![-–—])[-–—]{2,}\s?BEGIN [A-Z0-9 ]{0,40}(?:PRIVATE KEY(?: BLOCK)?|PKCS12|PFX)\s?[-–—]{2,}"
    r".*?(?:(?<![-–—])[-–—]{2,}\s?END [A-Z0-9 ]{0,40}(?:PRIVATE KEY(?: BLOCK)?|PKCS12|PFX)\s?[-–—]{2,}|\Z)",
    re.DOTALL,
)
# Base64 of DER: a SEQUENCE whose first value is INTEGER 0, 1 or 3 (PKCS#1, PKCS#8, SEC 1, PKCS#12), or an encrypted
# key; of a key store; of the octets by which an OpenSSH key begins. A certificate begins otherwise.
_BEGINS = (
    r"(?<![A-Za-z0-9+/=_-])(?:M(?:II..[AQgw]IBA|I[GH].AgE[ABD]|[A-H].CAQ[AEM]|II..[DTjz][AB].BgkqhkiG9w0B[BD]"
    r"|I[GH].M[A-H].GCSqGSIb3DQ)|/u3\+7Q|b3BlbnNzaC1rZXktdj)[A-Za-z0-9+/=_-]*"
)
_BARE = re.compile(_BEGINS + r"(?:[\s>|]*[A-Za-z0-9+/=_-]{8,})*")
# Where a word more must not go, only what can be nothing else but a row of it.
_BARE_ROWS = re.compile(_BEGINS + r"(?:[\s>|]*(?:[A-Za-z0-9+/=_-]{30,}|[A-Za-z0-9+/]{1,29}={1,2}))*")
# What a mark of PEM is, and the rows and headers of a key behind one.
_MARK = re.compile(
    r"(?<![-–—])[-–—]{2,}\s?(BEGIN|END) [A-Z0-9 ]{0,40}(?:PRIVATE KEY(?: BLOCK)?|PKCS12|PFX)\s?[-–—]{2,}"
)
_ROWS = re.compile(
    r"(?:(?:[\s>|]|\\[rn])*(?:(?:Proc-Type|DEK-Info):[^\r\n]{1,80}|[A-Za-z0-9+/=]{20,}|[A-Za-z0-9+/]{1,19}={1,2}))*"
)
# The same in hex, with or without separators, and as programs write octets.
_S = r"[\s:,;>|-]{0,8}(?:0x|\\x)?"
_LENGTH = rf"{_S}(?:82(?:{_S}[0-9A-Fa-f]{{2}}){{2}}|81{_S}[0-9A-Fa-f]{{2}}|[0-7][0-9A-Fa-f])"
_HEX = re.compile(
    rf"30(?<![0-9A-Fa-f:]30){_LENGTH}{_S}(?:02{_S}01{_S}0[013]|30{_LENGTH}{_S}06{_S}09{_S}2[aA]{_S}86{_S}48{_S}86{_S}[fF]7{_S}0[dD]{_S}01{_S}05)"
    rf"(?:{_S}[0-9A-Fa-f]{{2}}){{24,}}"
)
# A SEQUENCE around it makes it the inside of a certificate request, which begins as a key does (RFC 2986, 4.1).
_AROUND = re.compile(rf"30{_LENGTH}{_S}\Z")
_LONGEST_AROUND = 60
# Key stores of Java, old and less old, and of Microsoft.
_KEY_STORES = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce", b"\x1e\xf1\xb5\xb0")
# Private members of a JWK (RFC 7518, 6.2.2 and 6.3.2; RFC 8037, 2), whose lines a mail program may have broken.
_JWK = re.compile(
    r"(\\?[\"'](?:d|p|q|dp|dq|qi|k)\\?[\"']\s*:\s*\\?[\"'])"
    r"(?:[A-Za-z0-9_+/=-]{8,}(?:[\s>|]+[A-Za-z0-9_+/=-]+)*(?=\\?[\"'])|[A-Za-z0-9_+/=-]{16,}(?:[\s>|]+[A-Za-z0-9_+/=-]{16,})*)"
)
_MAY_HOLD_JWK = re.compile(r"[\"']kty\\?[\"']")
# The same of .NET's XML.
_XML = re.compile(r"(<(?:[DPQ]|DP|DQ|InverseQ)>)[A-Za-z0-9+/=\s>|]{8,3000}(?=</)")
# What PuTTY keeps, and what `openssl rsa -text` and `openssl ec -text` print of a key.
_LAST_OF_PUTTY = r"(?:[\s>|]{1,20}[A-Za-z0-9+/]{2,11}(?:={1,2}|(?=[\s>|]{1,20}(?:Private|Key)-)))?"
_ROWS_OF_PUTTY = rf"(?:[\s>|]{{1,20}}[A-Za-z0-9+/=]{{12,}})+{_LAST_OF_PUTTY}"
_PUTTY = re.compile(rf"(Private-Lines:[ \t]{{0,9}}\d{{1,3}}){_ROWS_OF_PUTTY}")
_PRINTED = re.compile(
    r"((?:private ?[eE]xponent|prime[12]|exp(?:onent)?[12]|coefficient|priv):)"
    r"(?:[\s:>|]{0,60}+[0-9A-Fa-f]{2}(?![G-Zg-z])){8,}"
)
# What of a key in these forms is public, and no number of anything.
_BESIDE_WRITTEN = re.compile(
    rf"Public-Lines:[ \t]{{0,9}}\d{{1,3}}{_ROWS_OF_PUTTY}"
    r"|<Modulus>[A-Za-z0-9+/=\s>|]{8,3000}(?=</)"
    r"|(?:modulus|pub|Argon2-Salt|Private-MAC):(?:[\s:>|]{0,60}+[0-9A-Fa-f]{2}(?![G-Zg-z])){8,}",
    re.ASCII,
)
_PASSWORD = re.compile(
    r"(?<!\w)((?:salasana\w{0,6}|tunnussana|tunnuslause|avauskoodi|purkukoodi|lösenord(?:et)?|lösen|password|passphrase"
    r"|passcode|passwd|pwd)\b"
    r"(?:[ \t]{1,40}(?:on|is|är|was|oli|for|to|till|för|the|key|file|avaimen|tiedoston|filen|nyckeln)){0,5}"
    r"[ \t]{0,40}[:=]?[ \t]{0,40}[\"'“”«»`]?)(?=\S{0,100}[0-9!#$%&*+@^_~-]|\S{0,100}[\"'“”«»`])([^\s\"'“”«»`]{4,100})",
    re.IGNORECASE,
)
_SIGNS_OF_PASSWORD = ("salasana", "tunnus", "koodi", "lösen", "pass", "pwd")


def mask(text: str) -> str:
    """`text` without private keys and passwords, and with identity codes masked."""
    text = without_private_keys(text)
    if _may_name_password(text):
        text = _PASSWORD.sub(_without_password, text)
    return mask_identity_codes(text)


def mask_all(texts: Collection[str]) -> dict[str, str]:
    """Each of the texts masked; those of one mail are short and many, and a glance at all of them mostly suffices."""
    together = "\n".join(texts)
    is_harmless = not _may_name_password(together) and without_private_keys(together) == together
    if is_harmless and mask_identity_codes(together) == together:
        return {text: text for text in texts}
    hide = mask_identity_codes if is_harmless else mask
    return {text: hide(text) for text in texts}


def beside_keys(text: str) -> str:
    """What a text says beside the private keys in it, whose octets are neither words nor numbers of anything.

    Of a key in PEM that is cut off only its rows go: what is said below it counts.
    """
    text = _without_dumped_keys(without_wrapped_keys(text, " "), " ")
    if "BEGIN " in text:
        text = _without_pem(text)
    beside = _without_bare_keys(text, _BARE_ROWS, " ")
    return beside if beside == text else _BESIDE_WRITTEN.sub(" ", beside)


def _without_pem(text: str) -> str:
    kept, at = [], 0
    marks = list(_MARK.finditer(text))
    for mark, then in zip_longest(marks, marks[1:]):
        if mark.start() < at or mark[1] == "END":
            continue
        rows = _ROWS.match(text, mark.end())
        end = then.end() if then is not None and then[1] == "END" else rows.end() if rows else mark.end()
        kept.append(text[at : mark.start()])
        at = end
    return "\n".join([*kept, text[at:]])


def without_private_keys(text: str) -> str:
    """A sentence stands where a key stood; one in PEM that is cut off takes all behind it along."""
    text = _without_dumped_keys(without_wrapped_keys(text, KEY_REMOVED), f"{KEY_REMOVED}\n")
    if "BEGIN " in text:
        text = _PEM.sub(KEY_REMOVED, text)
    return _without_bare_keys(text, _BARE, KEY_REMOVED)


def _without_dumped_keys(text: str, instead: str) -> str:
    def choose(octets: bytes) -> str | None:
        is_key = b"PRIVATE KEY" in octets or octets.startswith(_KEY_STORES) or _HEX.match(octets.hex())
        return instead if is_key else None

    return replace_dumps(text, choose)


def _without_bare_keys(text: str, bare: re.Pattern[str], instead: str) -> str:
    # Without one of these nothing of it can match: most texts are spared the search.
    if "MI" in text or "CAQ" in text or "/u3+7Q" in text or "b3BlbnNzaC1rZXktdj" in text:
        text = bare.sub(instead, text)
    if "30" in text and "02" in text:
        text = _HEX.sub(lambda found: found[0] if _is_request(found) else instead, text)
    if "Private-Lines:" in text:
        text = _PUTTY.sub(rf"\1\n{instead}", text)
    if "xponent" in text or "priv:" in text:
        text = _PRINTED.sub(rf"\1 {instead}", text)
    if "<RSAKeyValue>" in text:
        text = _XML.sub(rf"\1{instead}", text)
    if "kty" in text and _MAY_HOLD_JWK.search(text):
        text = _JWK.sub(rf"\1{instead}", text)
    return text


def _is_request(found: re.Match[str]) -> bool:
    before = found.string[max(0, found.start() - _LONGEST_AROUND) : found.start()]
    return _AROUND.search(before) is not None


def _may_name_password(text: str) -> bool:
    folded = text.casefold()
    return any(sign in folded for sign in _SIGNS_OF_PASSWORD)


def _without_password(found: re.Match[str]) -> str:
    return f"{found[1]}{PASSWORD_REMOVED}"
