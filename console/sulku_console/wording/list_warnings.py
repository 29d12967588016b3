"""What to look out for on the list that is decided (`domain.decision_list.WARNINGS`), in Finnish and Swedish."""

from __future__ import annotations

WARNINGS_TRANSLATED: dict[str, tuple[str, str]] = {
    "warning:newest": (
        "Tämä on näiden nimien uusin varmenne ja vanhempi on yhä voimassa: varmista, ettei suljeta väärää.",
        "Det nyaste certifikatet för dessa namn, och ett äldre gäller ännu: se till att inte fel certifikat spärras.",
    ),
    "warning:recent": (
        "Se on myönnetty viimeksi kuluneiden seitsemän päivän aikana: varmista, ettei se ole korvaava varmenne.",
        "Det har utfärdats under de senaste sju dagarna: se till att det inte är det ersättande certifikatet.",
    ),
    "warning:legal_hold": (
        "Tuomioistuin tai muu viranomainen kieltää sen sulkemisen nyt.",
        "En domstol eller annan myndighet förbjuder att det spärras nu.",
    ),
    "warning:is_update": (
        "Se on jo suljettu; vain syy muutetaan: avain on paljastunut.",
        "Det är redan spärrat; bara orsaken ändras: nyckeln har avslöjats.",
    ),
    "warning:newer_exists": (
        "Samoille nimille on uudempi varmenne; tämä on vanhempi.",
        "Det finns ett nyare certifikat för samma namn; detta är det äldre.",
    ),
    "warning:expired": (
        "Sen voimassaolo on päättynyt: sulkeminen ei muuta mitään siihen luottaville.",
        "Det har gått ut: en spärrning ändrar inget för förlitande parter.",
    ),
    "warning:revoked": ("Se on jo suljettu.", "Det är redan spärrat."),
    "warning:is_ca": (
        "Tämä on varmentajan oma varmenne, eikä sitä suljeta täällä.",
        "Detta är en utfärdares eget certifikat och spärras inte här.",
    ),
    "warning:no_holder": (
        "Sille ei ole rekisterissä haltijaa: vain pyytäjä saa tiedon.",
        "Ingen innehavare finns i registret: bara den som begärde får veta.",
    ),
    "warning:other_holder": (
        "Se kuuluu toiselle haltijalle kuin pyytäjän organisaatiolle.",
        "Det tillhör en annan innehavare än den som begär.",
    ),
    "warning:same_key": (
        "Samalla avaimella on muita voimassa olevia varmenteita, jotka eivät ole luettelossa.",
        "Andra certifikat med samma nyckel är giltiga och finns inte på listan.",
    ),
}
