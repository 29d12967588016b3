"""A context for each mail, to look at the texts with and to test them with. Nobody in it exists."""

from __future__ import annotations

from typing import Any

COMMON_EXAMPLE: dict[str, Any] = {
    "organisation": {
        "fi": "Väestörekisterikeskus",
        "sv": "Befolkningsregistercentralen",
        "en": "Population Register Centre",
    },
    "desk": {
        "fi": "Varmennepalvelujen päivystys",
        "sv": "Jouren för certifikattjänster",
        "en": "Certificate services desk",
    },
    "phone": "+358 9 000 0000",
    "address": "vptuotanto@vrk.fi",
    "form_url": {
        language: f"https://desk.example/forms/revocation-request-{language}.pdf" for language in ("fi", "sv", "en")
    },
}

_CERTIFICATE = {
    "issuer_name": "CN=Example CA for Service Providers,O=Example Authority,C=FI",
    "common_name": "resepti.apteekki.example",
    "host_names": ["resepti.apteekki.example", "www.apteekki.example"],
    "serial": "100000168f0a805c366b43b5de968c691fb",
    "serial_tail": "68c6 91fb",
    "not_before": "2026-02-03T22:00:00.000000Z",
    "not_after": "2027-02-03T21:59:59.000000Z",
    "organisation": "Helsingin VI apteekki",
}
_SYSTEM_CERTIFICATE = {
    **_CERTIFICATE,
    "common_name": "Potilastietojärjestelmä",
    "host_names": [],
    "serial": "1e120fe1",
    "serial_tail": "1e12 0fe1",
    "not_before": None,
    "not_after": None,
}
_CASE = {"number": "S26-000123", "received_at": "2026-11-24T12:05:09.000000Z"}
_REVOKED = {
    "number": "S26-000123",
    "certificate": _CERTIFICATE,
    "reason": "keyCompromise",
    "revoked_at": "2026-11-24T13:10:00.000000Z",
    "crl_visible_at": "2026-11-24T13:10:04.000000Z",
    "ocsp_visible_at": "2026-11-24T13:10:03.000000Z",
    "crl_number": "4711",
}
_CHANGED = {**_REVOKED, "former_reason": "superseded", "date_stands": True}
_DATED = {
    "number": "S26-000123",
    "certificates": [
        {**_CERTIFICATE, "wanted_at": "2027-06-01T09:00:00.000000Z"},
        {**_SYSTEM_CERTIFICATE, "wanted_at": "2027-12-01T10:00:00.000000Z"},
    ],
}
_LISTED = [
    {"serial": "100000168f0a805c366b43b5de968c691fb", "common_name": "resepti.apteekki.example"},
    {"serial": "1e120fe1", "common_name": "Potilastietojärjestelmä"},
]
_TEXT = (
    "Hei\n\nSoitimme rekisterissä olevaan numeroon. Avaimen paljastuminen on vahvistettu.\n\n"
    "1. Varmenne suljetaan tänään.\n2. Uusi hakemus on tehtävä verkkoasioinnissa."
)
_DECIDED = {
    "number": "S26-000123",
    "because": "Pyynnön esittäjää ei voitu tunnistaa.\nYhteystietoihin ei vastattu.",
    "certificates": [_CERTIFICATE],
}
_APPLICATION = {
    "number": "A26-000012",
    "applicant": "Mallilan hyvinvointialue",
    "certificate_type": "server",
    "common_name": "palvelin.mallila.example",
    "note": "",
    "at": "2026-11-24T12:05:09.000000Z",
    "status_url": "https://desk.example/application/Nw.example",
}
_NOTED = {**_APPLICATION, "note": "Toimintayksikön pitkä nimi puuttuu.\nLisätkää se koodistopalvelun mukaisena."}

EXAMPLES: dict[str, dict[str, Any]] = {
    "acknowledgement": _CASE,
    "need_more_information": _CASE,
    "cannot_be_opened": _CASE,
    "other_format": _CASE,
    "need_proof": {
        **_CASE,
        "sentence": "This key is compromised. sulku-S26-000123-6a0c1f2e00112233445566778899aabbccddeeff",
    },
    "several_candidates": {**_CASE, "certificates": [_CERTIFICATE, _SYSTEM_CERTIFICATE]},
    "preliminary_report": {**_CASE, "text": _TEXT},
    "reply": {**_CASE, "text": _TEXT},
    "rejected": _DECIDED,
    "withdrawn": {**_DECIDED, "because": "Haltija perui pyynnön puhelimitse."},
    "planned": _DATED,
    "put_off": _DATED,
    "called_off": {"number": "S26-000123", "certificates": [_CERTIFICATE, _SYSTEM_CERTIFICATE]},
    "already_revoked": {
        "number": "S26-000123",
        "certificates": [{**_CERTIFICATE, "reason": "superseded", "revoked_at": "2026-11-24T13:10:00.000000Z"}],
    },
    "cannot_be_restored": _CASE,
    "card_revocation": _CASE,
    "revoked_holder": {**_REVOKED, "has_receipt": True},
    "revoked_reporter": _REVOKED,
    "reason_changed_holder": {**_CHANGED, "has_receipt": True},
    "reason_changed_reporter": _CHANGED,
    "campaign_before": {
        "number": "C26-000007",
        "reason": "superseded",
        "certificates": _LISTED,
        "more": 0,
        "count": 2,
        "due_at": "2026-11-25T12:00:00.000000Z",
    },
    "campaign_cancelled": {
        "number": "C26-000007",
        "reason": "superseded",
        "certificates": _LISTED,
        "more": 1,
        "count": 3,
    },
    "campaign_after": {
        "number": "C26-000007",
        "reason": "superseded",
        "certificates": _LISTED,
        "more": 3,
        "revoked": 5,
        "held": 1,
        "refused": 0,
        "has_receipt": False,
    },
    "page": {
        **_CASE,
        "urgency": "P1",
        "case_class": "revocation_request",
        "started_at": "2026-11-24T12:05:20.000000Z",
        "cause": "suspected_compromise",
        "step": 1,
        "name": "Päivystäjä",
        "acknowledge_url": "https://desk.example/acknowledge/WzEsMSwwXQ.example",
        "console_url": "https://desk.example/ticket/S26-000123",
    },
    "deadline_warning": {
        "count": 3,
        "breached": 1,
        "items": [
            {
                "number": "S26-000123",
                "urgency": "P1",
                "clock": "first_human",
                "due_at": "2026-11-24T12:20:09.000000Z",
                "percent": 100,
                "breached": True,
                "late": True,
            },
            {
                "number": "S26-000124",
                "urgency": "P2",
                "clock": "publication",
                "due_at": "2026-11-25T10:00:00.000000Z",
                "percent": 90,
                "breached": False,
                "late": False,
            },
        ],
        "name": "Päivystäjä",
        "console_url": "https://desk.example/",
    },
    "effect_failed": {
        "kind": "mail",
        "key": "application:12:3:hakija@mallila.example",
        "error": "550 5.1.1 no such user",
        "name": "Päivystäjä",
        "console_url": "https://desk.example/",
    },
    "unwell": {
        "part": "certificate",
        "what": "our own certificate ends 2026-12-08, in 14 days",
        "next_step": "Renew smtp.certificate and restart the role intake.",
        "is_urgent": False,
        "name": "Päivystäjä",
        "console_url": "https://desk.example/",
    },
    "application_received": _APPLICATION,
    "application_waiting_for_csr": _APPLICATION,
    "application_in_review": _APPLICATION,
    "application_returned_for_completion": _NOTED,
    "application_approved": _APPLICATION,
    "application_issued": _APPLICATION,
    "application_delivered": _APPLICATION,
    "application_rejected": {**_NOTED, "note": "Organisaatiota ei löydy SOTE-organisaatiorekisteristä."},
    "application_withdrawn": _APPLICATION,
    "application_expired": _APPLICATION,
}
