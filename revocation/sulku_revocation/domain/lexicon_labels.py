"""The labels among the words of the field: what stands before a value and says what it is. Stems as in `lexicon.py`."""

from __future__ import annotations

from sulku_kernel.language import Language

FI, SV, EN = Language.FI, Language.SV, Language.EN

LABELS: dict[str, dict[Language, str]] = {
    "label_serial": {
        FI: "sarjanum sarjanro sarjan:o =sarja",
        SV: "serienum serienr",
        EN: "serial serialn =s/n =sn",
    },
    "label_fingerprint": {
        FI: "sormenj tiiviste",
        SV: "fingeravtr",
        EN: "fingerprint thumbprint =sha1 =sha-1 =sha256 =sha-256",
    },
    "label_spki": {FI: "=spki", SV: "=spki", EN: "=spki pubkey public-key subjectpublickey"},
    "label_common_name": {FI: "=cn yleisnimi =nimi =nimellä", SV: "=cn", EN: "=cn common commonname"},
    "label_organisation": {
        FI: "organisaatio =yritys haltija *haltija =tilaaja toimintayksik =yhteisö",
        SV: "organisation företag innehavar *innehavar",
        EN: "organisation organization company subscriber holder =o",
    },
    "label_host": {
        FI: "palvelin palvelim *palvelim verkkotunnu osoit palvelinnim",
        SV: "server domän värd",
        EN: "=fqdn =dns =san host hostname domain server",
    },
    "label_phone": {
        FI: "=puh puhel faksi matkapuh =gsm =p =soita soitta",
        SV: "=tel telef telnr =tfn =mobil mobiltel =ring",
        EN: "phone =tel mobile =call fax",
    },
    # Numbers of other things: an order, an invoice, a case.
    "label_other": {
        FI: "tilausnu tilausnro laskunu laskunro viitenu viitenro asiakasnu asiakasnro diaarinu diaarinro =dnro tikett "
        "hakemusnu tapausnu asianu seurantanu sopimusnu inventaarionu laitenu laite-id =viite =viitteemme",
        SV: "ordernu ordernr fakturanu fakturanr referensnu kundnu kundnr diarienu ärendenu ärendenr beställningsnu "
        "=ärende =referens avtalsnu",
        EN: "=change =po contract invoice =order ticket incident =case =customer =ref =reference",
    },
    # Hex that names something else: a commit, a network card, a PGP key.
    "label_hex": {
        FI: "mac-osoi kommit",
        SV: "mac-adress",
        EN: "=commit =mac mac-address =keyid key-id =pgp =gpg openpgp =md5 =crc32 =crc",
    },
    "label_id": {FI: "", SV: "", EN: "=id"},
}
