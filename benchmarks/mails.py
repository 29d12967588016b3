"""The mails of all benchmarks: `mail(number, size)` is the same words each time (the keys are new).

3-6 KB as a mail program sends them: trace headers, a signature, an HTML alternative or a quoted mail below. One in five
has a certificate attached. Seven in ten ask for a revocation, naming a certificate of `benchmarks.match`'s register by
serial number, host name or attached file; the rest are about applications and support.
"""

from __future__ import annotations

import base64
import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache

from benchmarks.match import Size, organisation, serial
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

DESK = "vptuotanto@vrk.fi"
BEGIN = datetime(2026, 11, 24, tzinfo=UTC)
COMPROMISE = 97  # of the ordinary mails, one in so many speaks of a stolen key

_GREETINGS = {"fi": "Hei,", "sv": "Hej,", "en": "Dear desk,"}
_CLOSINGS = {
    "fi": "Ystävällisin terveisin",
    "sv": "Med vänliga hälsningar",
    "en": "Kind regards",
}
_REVOKE = {
    "fi": "Pyydämme sulkemaan palvelinvarmenteen, jonka {what}. Palvelin on poistettu käytöstä, eikä varmennetta enää"
    " tarvita.",
    "sv": "Vi ber er spärra servercertifikatet vars {what}. Servern har tagits ur bruk och certifikatet behövs inte"
    " längre.",
    "en": "Please revoke the server certificate whose {what}. The server has been taken out of service and the"
    " certificate is no longer needed.",
}
_STOLEN = {
    "fi": "Pyydämme sulkemaan heti varmenteen, jonka {what}. Palvelimelle on murtauduttu ja yksityinen avain on"
    " vuotanut.",
    "sv": "Vi ber er genast spärra certifikatet vars {what}. Någon har gjort intrång på servern och den privata nyckeln"
    " har läckt.",
    "en": "Please revoke at once the certificate whose {what}. The server was broken into and the private key was"
    " leaked.",
}
_BY_SERIAL = {"fi": "sarjanumero on {}", "sv": "serienummer är {}", "en": "serial number is {}"}
_BY_HOST = {"fi": "palvelimen nimi on {}", "sv": "värdnamn är {}", "en": "host name is {}"}
_BY_FILE = {"fi": "tiedosto on liitteenä", "sv": "fil bifogas", "en": "file is attached"}
_OTHER = {
    "fi": "Missä vaiheessa on varmennehakemuksemme, jonka lähetimme viime viikolla? Palvelun käyttöönotto lähestyy, ja"
    " haluaisimme tietää, milloin varmenne toimitetaan.",
    "sv": "I vilket skede är vår certifikatansökan som vi skickade förra veckan? Tjänsten tas snart i bruk och vi vill"
    " gärna veta när certifikatet levereras.",
    "en": "What is the state of the certificate application that we sent last week? The service goes live soon and we"
    " would like to know when the certificate will be delivered.",
}
_MORE = {
    "fi": "Yhteyshenkilömme vastaa arkisin kello 8-16. Kiireellisissä asioissa tavoitat meidät päivystysnumerosta."
    " Tämä viesti on lähetetty organisaation yhteisestä postilaatikosta, ja vastaus kannattaa lähettää samaan"
    " osoitteeseen, jotta koko ryhmä näkee sen.",
    "sv": "Vår kontaktperson svarar vardagar klockan 8-16. I brådskande ärenden når du oss på journumret. Detta"
    " meddelande har skickats från organisationens gemensamma brevlåda och svaret bör skickas till samma adress, så att"
    " hela gruppen ser det.",
    "en": "Our contact answers on weekdays from 8 to 16. In urgent matters you reach us at the number of the duty"
    " officer. This message was sent from the shared mailbox of the organisation; please answer to the same address,"
    " so that the whole group sees it.",
}
_SUBJECTS = {
    "revoke": {"fi": "Varmenteen sulkeminen", "sv": "Spärrning av certifikat", "en": "Revocation of a certificate"},
    "other": {"fi": "Hakemuksen tila", "sv": "Ansökans skede", "en": "State of our application"},
}


def mail(number: int, size: Size, *, compromise: bool | None = None, is_mixed: bool = False) -> bytes:
    """The mail of that number. `compromise` says whether its key was stolen; without it one in 97 was.

    With `is_mixed`, one in ten has 40 KB and one in a hundred 1 MB.
    """
    chance = random.Random(number)
    certificate = chance.randrange(size.certificates)
    owner = certificate % size.holders
    language = chance.choice(("fi", "fi", "fi", "sv", "en"))
    stolen = number % COMPROMISE == COMPROMISE - 1 if compromise is None else compromise
    has_file = number % 5 == 0
    is_request = has_file or stolen or chance.random() < 0.62
    what = _BY_FILE if has_file else chance.choice((_BY_SERIAL, _BY_SERIAL, _BY_HOST))
    named = what[language].format(
        _spelt(serial(certificate), chance) if what is _BY_SERIAL else host(certificate, size)
    )
    text = (_STOLEN if stolen else _REVOKE)[language].format(what=named) if is_request else _OTHER[language]
    lines = [
        _GREETINGS[language],
        "",
        text,
        "",
        *[f"{_MORE[language]}\n" for _ in range(chance.randrange(1, 4))],
        _CLOSINGS[language],
        f"Tekninen tuki {number % 9_973}",
        organisation(owner),
        f"puh. +358 9 {chance.randrange(100_000, 999_999)}",
    ]
    return _whole(number, size, certificate, language, "\n".join(lines), chance, is_request, has_file, is_mixed)


def host(certificate: int, size: Size) -> str:
    """The name of the server that `benchmarks.match` gave the certificate."""
    return f"palvelin{certificate}.asiakas{certificate % size.holders}.example"


def sender(holder: int) -> str:
    """The registered contact of a holder."""
    return f"tekniikka@asiakas{holder}.example"


def _spelt(value: str, chance: random.Random) -> str:
    """Hex as people write it: bare, with colons, with blanks."""
    padded = value if len(value) % 2 == 0 else "0" + value
    pairs = [padded[at : at + 2] for at in range(0, len(padded), 2)]
    return chance.choice((value, ":".join(pairs).upper(), " ".join(pairs)))


def _whole(
    number: int,
    size: Size,
    certificate: int,
    language: str,
    text: str,
    chance: random.Random,
    is_request: bool,  # noqa: FBT001
    has_file: bool,  # noqa: FBT001
    is_mixed: bool,  # noqa: FBT001
) -> bytes:
    owner = certificate % size.holders
    domain = f"asiakas{owner}.example"
    subject = f"{_SUBJECTS['revoke' if is_request else 'other'][language]} {number}"
    date = format_datetime(BEGIN + timedelta(seconds=number % 86_400))
    head = [
        f"Return-Path: <{sender(owner)}>",
        (
            f"Received: from mail.{domain} (mail.{domain} [192.0.2.{number % 250}])\r\n\tby mx1.vrk.example with ESMTPS"
            f" id {number:08X}\r\n\tfor <{DESK}>; {date}"
        ),
        (
            f"Received: from ws{number % 97}.{domain} ([198.51.100.{number % 250}])\r\n\tby mail.{domain} with ESMTPSA"
            f" id {number:010d}; {date}"
        ),
        (
            f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=k1;\r\n\th=from:to:subject:date;"
            f" bh={_noise(chance, 32)};\r\n\tb={_noise(chance, 96)}\r\n\t {_noise(chance, 96)}"
        ),
        f"ARC-Seal: i=1; a=rsa-sha256; d={domain}; s=k1; t=1764000000; cv=none;\r\n\tb={_noise(chance, 192)}",
        f"ARC-Authentication-Results: i=1; mail.{domain}; spf=pass smtp.mailfrom={domain};\r\n\tdkim=pass; dmarc=pass",
        f"From: Tekninen tuki <{sender(owner)}>",
        f"To: <{DESK}>",
        f"Subject: {_encoded(subject)}",
        f"Date: {date}",
        f"Message-ID: <{number:012x}.{owner}@{domain}>",
        "MIME-Version: 1.0",
        "X-Mailer: Postikeskus 4.2",
        f"Content-Language: {language}",
    ]
    parts = [_text_part(text + _quoted(chance, language, date), "plain")]
    if has_file:
        parts.append(_file_part("application/x-x509-ca-cert", "varmenne.cer", _certificate(certificate, size)))
    else:
        parts.append(_text_part(_html(text), "html"))
    if is_mixed and number % 100 == 50:
        parts.append(_file_part("application/pdf", "liite.pdf", random.Random(number).randbytes(730_000)))
    elif is_mixed and number % 10 == 5:
        log = "\n".join(f"2026-11-24 03:{at % 60:02d} palvelin[{at}]: valmis" for at in range(700))
        parts.append(_file_part("text/plain", "loki.txt", log.encode()))
    kind = "alternative" if len(parts) == 2 and not has_file else "mixed"
    body = "".join(f"--=_b{number}\r\n{part}\r\n" for part in parts) + f"--=_b{number}--\r\n"
    head.append(f'Content-Type: multipart/{kind}; boundary="=_b{number}"')
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


def _encoded(subject: str) -> str:
    return subject if subject.isascii() else f"=?utf-8?B?{base64.b64encode(subject.encode()).decode()}?="


def _noise(chance: random.Random, octets: int) -> str:
    return base64.b64encode(chance.randbytes(octets)).decode()


def _quoted(chance: random.Random, language: str, date: str) -> str:
    if chance.random() < 0.6:
        return ""
    lines = [*_MORE[language].split(". "), *_OTHER[language].split(". ")]
    return f"\n\n> {DESK} {date}:\n" + "\n".join(f"> {line}" for line in lines)


def _text_part(text: str, kind: str) -> str:
    body = text.replace("\n", "\r\n")
    return f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}"


def _html(text: str) -> str:
    paragraphs = "".join(f"<p style='margin:0'>{line}</p>\n" for line in text.split("\n") if line)
    styles = "".join(
        f"p.Taso{level} {{ margin: 0cm; font-size: {8 + level}pt; font-family: sans-serif }}\n" for level in range(8)
    )
    return f"<html><head><style>\n{styles}</style></head><body>\n{paragraphs}</body></html>"


def _file_part(kind: str, name: str, content: bytes) -> str:
    body = base64.encodebytes(content).decode().replace("\n", "\r\n")
    return (
        f'Content-Type: {kind}; name="{name}"\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{body}"
    )


@cache
def _keys() -> tuple[ec.EllipticCurvePrivateKey, tuple[rsa.RSAPublicKey, ...]]:
    """The CA's key (quick to sign with) and a few keys of servers, of the usual size."""
    return ec.generate_private_key(ec.SECP256R1()), tuple(
        rsa.generate_private_key(65_537, 2_048).public_key() for _ in range(4)
    )


def _certificate(number: int, size: Size) -> bytes:
    authority, keys = _keys()
    own = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "FI"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation(number % size.holders)),
            x509.NameAttribute(NameOID.COMMON_NAME, host(number, size)),
        ]
    )
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Care CA for Service Providers")])
    builder = x509.CertificateBuilder().subject_name(own).issuer_name(issuer).public_key(keys[number % len(keys)])
    builder = builder.serial_number(int(serial(number), 16)).not_valid_before(BEGIN - timedelta(days=100))
    builder = builder.not_valid_after(BEGIN + timedelta(days=265))
    for extension, critical in (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (x509.SubjectAlternativeName([x509.DNSName(host(number, size))]), False),
    ):
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(authority, SHA256()).public_bytes(Encoding.DER)
