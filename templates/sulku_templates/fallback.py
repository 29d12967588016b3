"""Plain built-in texts for when a template cannot be rendered: shorter, but true, and in the right language.

Nothing here may fail: every value is looked up with care, and what is missing is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sulku_kernel.language import Language
from sulku_kernel.serial_number import whole_octets
from sulku_templates.layout import as_written, plain

_ACKNOWLEDGED = {
    Language.FI: "Olemme vastaanottaneet viestinne. Vastaus tähän viestiin liitetään samaan palvelupyyntöön.",
    Language.SV: "Vi har tagit emot ert meddelande. Ett svar på detta meddelande fogas till samma ärende.",
    Language.EN: "We have received your message. A reply to this message joins the same case.",
}
_REVOKED = {
    Language.FI: "Varmenne on suljettu, ja sulkeminen näkyy sulkulistalla ja OCSP-palvelussa. "
    "Suljettua varmennetta ei voi palauttaa käyttöön.",
    Language.SV: "Certifikatet är spärrat och spärrningen syns på spärrlistan och i OCSP-tjänsten. "
    "Ett spärrat certifikat kan inte tas i bruk igen.",
    Language.EN: "The certificate has been revoked, and CRL and OCSP show it. "
    "A revoked certificate cannot be restored.",
}
_REVOKED_BEFORE = {
    Language.FI: "Varmenne on suljettu jo ennen aiemmin ilmoitettua ajankohtaa, ja sulkeminen näkyy sulkulistalla. "
    "Suljettua varmennetta ei voi palauttaa käyttöön.",
    Language.SV: "Certifikatet spärrades redan före den tidpunkt som vi har meddelat, och spärrningen syns på "
    "spärrlistan. Ett spärrat certifikat kan inte tas i bruk igen.",
    Language.EN: "The certificate was revoked before the time we announced, and the CRL shows it. A revoked "
    "certificate cannot be restored.",
}
_REASON_CHANGED = {
    Language.FI: "Aiemmin suljetun varmenteen sulkemisen syy on muutettu, ja uusi syy näkyy sulkulistalla ja "
    "OCSP-palvelussa.",
    Language.SV: "Orsaken till spärrningen av ett tidigare spärrat certifikat har ändrats, och den nya orsaken syns på "
    "spärrlistan och i OCSP-tjänsten.",
    Language.EN: "The reason for a revocation has been changed, and CRL and OCSP show the new one.",
}
_PUT_OFF = {
    Language.FI: "Varmennetta ei suljeta aiemmin ilmoitettuna ajankohtana: sulkemista on lykätty viranomaisen "
    "päätöksen vuoksi. Varmenne on voimassa, kunnes ilmoitamme muuta.",
    Language.SV: "Certifikatet spärras inte vid den tidpunkt som vi har meddelat: spärrningen har skjutits upp på "
    "grund av en myndighets beslut. Certifikatet gäller tills vi meddelar något annat.",
    Language.EN: "The certificate will not be revoked at the time we announced: by decision of an authority the "
    "revocation has been put off. The certificate stays valid until we tell you otherwise.",
}
_NOT_REVOKED = {
    Language.FI: "Varmennetta ei suljeta sulkupyynnön perusteella.",
    Language.SV: "Certifikatet spärras inte med anledning av begäran.",
    Language.EN: "The certificate is not revoked on the basis of the request.",
}
_ASK = {
    Language.FI: "Olemme vastaanottaneet viestinne ja tarvitsemme lisätietoja. Vastatkaa tähän viestiin ja ilmoittakaa "
    "varmenteen sarjanumero. Älkää lähettäkö yksityistä avainta.",
    Language.SV: "Vi har tagit emot ert meddelande och behöver tilläggsuppgifter. Svara på detta meddelande och ange "
    "certifikatets serienummer. Skicka inte den privata nyckeln.",
    Language.EN: "We have received your message and need more information. Reply to this message with the serial "
    "number of the certificate. Do not send the private key.",
}
_WAITS = {
    Language.FI: "Päivystyksessä odottaa asia, joka vaatii toimia.",
    Language.SV: "Ett ärende hos jouren kräver åtgärder.",
    Language.EN: "Something at the desk needs action.",
}
_CAMPAIGN = {
    Language.FI: "Varmentaja sulkee tai on sulkenut organisaationne varmenteita. Suljettua varmennetta ei voi "
    "palauttaa käyttöön. Saatte luettelon vastaamalla tähän viestiin.",
    Language.SV: "Certifikatutfärdaren spärrar eller har spärrat er organisations certifikat. Ett spärrat "
    "certifikat kan inte tas i bruk igen. Ni får förteckningen genom att svara på detta meddelande.",
    Language.EN: "The certification authority revokes or has revoked certificates of your organisation. A revoked "
    "certificate cannot be restored. Reply to this message to get the list.",
}
_CAMPAIGN_CANCELLED = {
    Language.FI: "Ilmoittamamme joukkosulkeminen on peruttu. Saatte luettelon varmenteista, joita ei suljeta, "
    "vastaamalla tähän viestiin.",
    Language.SV: "Masspärrningen som vi har meddelat om har ställts in. Ni får förteckningen över de certifikat som "
    "inte spärras genom att svara på detta meddelande.",
    Language.EN: "The mass revocation that we announced has been cancelled. Reply to this message to get the list of "
    "certificates that are not revoked.",
}
_NEWS = {
    Language.FI: "Asiassanne on uutta tietoa. Jos haluatte tietää enemmän, vastatkaa tähän viestiin.",
    Language.SV: "Det finns ny information i ert ärende. Svara på detta meddelande om ni vill veta mer.",
    Language.EN: "There is news about your case. To learn more, reply to this message.",
}

_SENTENCES = {
    "acknowledgement": _ACKNOWLEDGED,
    "need_more_information": _ASK,
    "cannot_be_opened": _ASK,
    "other_format": _ASK,
    "several_candidates": _ASK,
    "revoked_holder": _REVOKED,
    "revoked_reporter": _REVOKED,
    "reason_changed_holder": _REASON_CHANGED,
    "reason_changed_reporter": _REASON_CHANGED,
    "put_off": _PUT_OFF,
    "called_off": _NOT_REVOKED,
    "already_revoked": _REVOKED_BEFORE,
    "rejected": _NOT_REVOKED,
    "withdrawn": _NOT_REVOKED,
    "campaign_before": _CAMPAIGN,
    "campaign_cancelled": _CAMPAIGN_CANCELLED,
    "campaign_after": _CAMPAIGN,
    "page": _WAITS,
    "deadline_warning": _WAITS,
    "effect_failed": _WAITS,
    "unwell": _WAITS,
}

_SUBJECTS = {
    Language.FI: "Varmennepalvelujen päivystys",
    Language.SV: "Jouren för certifikattjänster",
    Language.EN: "Certificate services desk",
}
_LABELS = {
    "number": ("Numero", "Nummer", "Number"),
    "serial": ("Sarjanumero", "Serienummer", "Serial number"),
    "urgency": ("Kiireellisyys", "Brådskandegrad", "Urgency"),
}
_LINKS = {
    "acknowledge_url": ("Kuittaa hälytys", "Kvittera larmet", "Acknowledge the page"),
    "console_url": ("Avaa konsoli", "Öppna konsolen", "Open the console"),
    "status_url": ("Hakemuksen vaiheet", "Ansökans skeden", "Stages of the application"),
}
_COLUMN = {Language.FI: 0, Language.SV: 1, Language.EN: 2}


def fallback_source(template: str, language: Language, context: Mapping[str, Any]) -> str:
    """The built-in text, in the notation of `layout.py`."""
    column = _COLUMN[language]
    number = _value(context, "number")
    lines = [f"Subject: {_value(context, 'desk') or _SUBJECTS[language]}" + (f" ({number})" if number else ""), ""]
    lines += [_SENTENCES.get(template, _NEWS)[language], ""]
    for name in ("text", "because", "note"):
        if isinstance(written := context.get(name), str) and written.strip():
            lines += [as_written(written), ""]
    certificate = context.get("certificate")
    serial = certificate.get("serial", "") if isinstance(certificate, Mapping) else ""
    known = {**context, "serial": whole_octets(serial)}
    lines += [f"| {labels[column]} | {value}" for name, labels in _LABELS.items() if (value := _value(known, name))]
    lines.append("")
    lines += [f"=> {labels[column]} | {value}" for name, labels in _LINKS.items() if (value := _value(context, name))]
    lines.append("")
    lines += [value for name in ("desk", "organisation", "phone", "address") if (value := _value(context, name))]
    return "\n".join(lines)


def _value(context: Mapping[str, Any], name: str) -> str:
    value = context.get(name)
    return plain(value) if isinstance(value, str) else ""
