"""The words of the receipt of a revocation, in Finnish, Swedish and English."""

from __future__ import annotations

from sulku_kernel.language import Language

_COLUMNS = (Language.FI, Language.SV, Language.EN)

_TEXTS = {
    "title": (
        "Todistus varmenteen sulkemisesta",
        "Intyg om spärrat certifikat",
        "Receipt of a certificate revocation",
    ),
    "lead": (
        (
            "Tämä varmenne on suljettu. Sen osoittavat varmentajan allekirjoittamat sulkulista ja OCSP-vastaus, "
            "jotka ovat tämän tiedoston liitteinä. Suljettua varmennetta ei voi palauttaa käyttöön."
        ),
        (
            "Detta certifikat är spärrat. Det framgår av spärrlistan och OCSP-svaret, som utfärdaren har "
            "undertecknat och som är bifogade till denna fil. Ett spärrat certifikat kan inte tas i bruk igen."
        ),
        (
            "This certificate is revoked. The CRL and the OCSP answer show it, which the issuer has signed and "
            "which are attached to this file. A revoked certificate cannot be restored."
        ),
    ),
    "evidence": (
        "Mitä varmentaja on allekirjoittanut",
        "Vad utfärdaren har undertecknat",
        "What the issuer has signed",
    ),
    "serial": ("Sarjanumero", "Serienummer", "Serial number"),
    "issuer": ("Myöntäjä", "Utfärdare", "Issuer"),
    "revoked_at": ("Suljettu", "Spärrat", "Revoked"),
    "reason": ("Syy", "Orsak", "Reason"),
    "invalidity_at": ("Milloin avain paljastui", "När nyckeln avslöjades", "Key compromised since"),
    "crl_number": ("Sulkulistan numero", "Spärrlistans nummer", "CRL number"),
    "crl_made_at": ("Sulkulista julkaistu", "Spärrlistan utgiven", "CRL made"),
    "ocsp_made_at": ("OCSP-vastaus annettu", "OCSP-svaret givet", "OCSP answer made"),
    "records": ("Palvelun omat tiedot", "Tjänstens egna uppgifter", "From the desk's own records"),
    "number": ("Palvelupyyntö", "Ärende", "Case"),
    "common_name": ("Nimi", "Namn", "Name"),
    "host_names": ("Palvelinnimet", "Värdnamn", "Host names"),
    "organisation": ("Organisaatio", "Organisation", "Organisation"),
    "sent_at": ("Sulkumääräys lähetetty", "Spärrningsordern sänd", "Order sent"),
    "crl_visible_at": ("Havaittu sulkulistalla", "Iakttagen på spärrlistan", "Seen on the CRL"),
    "ocsp_visible_at": ("Havaittu OCSP-palvelussa", "Iakttagen i OCSP-tjänsten", "Seen in OCSP"),
    "check": ("Näin todistus tarkistetaan", "Så kontrolleras intyget", "How to check this receipt"),
    "how": (
        (
            "Komento sulku receipt verify tarkistaa liitteiden allekirjoitukset ilman verkkoyhteyttä ja vertaa "
            "niitä tämän sivun tietoihin. Varmentajan varmenteen tiiviste (SHA-256):"
        ),
        (
            "Kommandot sulku receipt verify kontrollerar bilagornas underskrifter utan nätförbindelse och jämför "
            "dem med uppgifterna på denna sida. Kontrollsumman för utfärdarens certifikat (SHA-256):"
        ),
        (
            "The command sulku receipt verify checks the signatures of the attachments offline and compares them "
            "with what this page says. SHA-256 of the issuer's certificate:"
        ),
    ),
}


def receipt_texts(language: Language) -> dict[str, str]:
    """Every heading, label and sentence of the receipt."""
    column = _COLUMNS.index(language)
    return {name: texts[column] for name, texts in _TEXTS.items()}
