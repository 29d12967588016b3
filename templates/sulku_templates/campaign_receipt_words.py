"""The words that the receipt of a campaign has beside those of a single receipt, in Finnish, Swedish and English."""

from __future__ import annotations

from sulku_kernel.language import Language
from sulku_templates.receipt_words import receipt_texts

_COLUMNS = (Language.FI, Language.SV, Language.EN)

_TEXTS = {
    "title": (
        "Todistus varmenteiden sulkemisesta",
        "Intyg om spärrade certifikat",
        "Receipt of certificate revocations",
    ),
    "lead": (
        (
            "Tässä luetellut varmenteet on suljettu. Sen osoittaa sulkulista, jonka varmentaja on allekirjoittanut ja "
            "joka on tämän tiedoston liitteenä. Suljettua varmennetta ei voi palauttaa käyttöön."
        ),
        (
            "De certifikat som räknas upp här är spärrade. Det framgår av spärrlistan, som utfärdaren har "
            "undertecknat och som är bifogad till denna fil. Ett spärrat certifikat kan inte tas i bruk igen."
        ),
        (
            "The certificates listed here are revoked. The CRL shows it, which the issuer has signed and which is "
            "attached to this file. A revoked certificate cannot be restored."
        ),
    ),
    "list": ("Sulkulista {file}", "Spärrlistan {file}", "CRL {file}"),
    "issuer_sha256": (
        "Myöntäjän varmenteen tiiviste (SHA-256)",
        "Kontrollsumman för utfärdarens certifikat (SHA-256)",
        "SHA-256 of the issuer's certificate",
    ),
    "certificate": ("Sarjanumero ja nimi", "Serienummer och namn", "Serial number and name"),
    "ocsp": ("OCSP-vastaus", "OCSP-svar", "OCSP answer"),
    "dash": (
        "Viiva tarkoittaa, ettei OCSP-palvelulta ole kysytty juuri tästä varmenteesta.",
        "Ett streck betyder att OCSP-tjänsten inte har tillfrågats om just detta certifikat.",
        "A dash means that OCSP was not asked about this very certificate.",
    ),
    "names": (
        (
            "Nimet ovat palvelun omista tiedoista, eikä varmentaja ole allekirjoittanut niitä. Varmenteen yksilöi "
            "sarjanumero."
        ),
        (
            "Namnen är tjänstens egna uppgifter, och utfärdaren har inte undertecknat dem. Det är serienumret som "
            "anger certifikatet."
        ),
        "The names are the desk's own records, and the issuer has not signed them: go by the serial number.",
    ),
    "number": ("Joukkosulkeminen", "Masspärrning", "Mass revocation"),
    "count": ("Suljettuja varmenteita", "Spärrade certifikat", "Revoked certificates"),
    "confirmed_at": (
        "Viimeinen havaittu sulkulistalla",
        "Det sista iakttaget på spärrlistan",
        "Last one seen on the CRL",
    ),
    "how": (
        (
            "Komento sulku receipt verify tarkistaa liitteiden allekirjoitukset ilman verkkoyhteyttä ja vertaa niitä "
            "tämän asiakirjan tietoihin. Verratkaa myöntäjän varmenteen tiivistettä myöntäjän julkaisemaan."
        ),
        (
            "Kommandot sulku receipt verify kontrollerar bilagornas underskrifter utan nätförbindelse och jämför dem "
            "med uppgifterna i detta dokument. Jämför kontrollsumman för utfärdarens certifikat med den som "
            "utfärdaren har publicerat."
        ),
        (
            "The command sulku receipt verify checks the signatures of the attachments offline and compares them with "
            "what this document says. Compare the SHA-256 of the issuer's certificate with what the issuer publishes."
        ),
    ),
}


def campaign_receipt_texts(language: Language) -> dict[str, str]:
    """Every heading, label and sentence of the receipt of a campaign; `{file}` of `list` is still to be filled."""
    column = _COLUMNS.index(language)
    return {**receipt_texts(language), **{name: texts[column] for name, texts in _TEXTS.items()}}
