"""Finnish, Swedish or English, by the small words that every text of the language has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from sulku_kernel.language import Language

_FINNISH = (
    "ja on ei ole että se joka jonka jotka mutta myös tai kun niin jos sekä olemme ovat oli tämä "
    "tämän meidän teidän me te hän voi kanssa mukaan hei terveisin ystävällisin kiitos kiitoksia "
    "pyydämme pyydän pyytäisin varmenne varmenteen varmenteet varmenteemme sulkekaa suljettava "
    "sulkeminen sulkupyyntö sulkupyynnön sarjanumero sarjanumerot avain avaimen avaimemme yksityinen "
    "palvelin palvelimen tarpeeton korttini kortti hakemus hakemuksen missä miten milloin koska vielä "
    "nyt heti mahdollisimman pian liitteenä ohessa alla seuraava seuraavat viesti lähettäjä kirjoitti "
    "moi huomenta päivää voitte voisitteko olisi tulee käytössä käytöstä enää jälkeen ennen uusi "
    "vanha toimipiste organisaatio"
)
_SWEDISH = (
    "och att det som är inte för med på av till den har vi ni jag om ett en från men eller också kan "
    "ska skall vill hej hälsningar vänliga vänlig tack begär ber spärra spärras spärrning "
    "spärrningsbegäran certifikat certifikatet serienummer serienumret nyckel nyckeln privata privat "
    "röjts läckt servern vår vårt våra er ert era detta denna när hur var nu omedelbart bifogat "
    "bifogad nedan följande meddelande skrev ansökan behövs längre tjänsten inom efter före ny nytt "
    "gamla gäller mvh god morgon"
)
_ENGLISH = (
    "the and of to is in that it for with on this are be was have has not we you our your please from "
    "by as or but can will would should could if when which their they hello hi dear regards thanks "
    "thank kind best revoke revoked revocation certificate certificates serial number key private "
    "compromised server request attached below following message wrote application no longer needed "
    "immediately since an at been were what how where"
)
_WORDS: Mapping[Language, frozenset[str]] = MappingProxyType(
    {
        Language.FI: frozenset(_FINNISH.split()),
        Language.SV: frozenset(_SWEDISH.split()),
        Language.EN: frozenset(_ENGLISH.split()),
    }
)
_FINNISH_ENDINGS = ("ssa", "ssä", "sta", "stä", "lla", "llä", "mme", "nne", "seen", "ksi")
_LETTERS = re.compile(r"[^\W\d_]+")
_LOOKED_AT = 1000
# Points of all languages in one number, so that a text's are its words' sum: so many bits for each.
_BITS = 16
_SHIFTS = {language: _BITS * at for at, language in enumerate(Language)}
_POINTS = (1 << _BITS) - 1


def detect_language(text: str) -> Language | None:
    """The language with the most of its words in the beginning of `text`; None when there is no clear winner."""
    points = sum(map(_points_of, text[:_LOOKED_AT].lower().split()))
    (second, _), (most, best) = sorted((points >> shift & _POINTS, language) for language, shift in _SHIFTS.items())[
        -2:
    ]
    return best if most > second else None


@lru_cache(maxsize=20_000)
def _points_of(word: str) -> int:
    """What a word says for each language; of what has digits or marks in it, what stands between them."""
    return _points(word) if word.isalpha() else sum(map(_points, _LETTERS.findall(word)))


def _points(word: str) -> int:
    """A Finnish ending counts, and once more when the word itself is known."""
    known = sum(1 << shift for language, shift in _SHIFTS.items() if word in _WORDS[language])
    return known + (1 << _SHIFTS[Language.FI]) if len(word) > 5 and word.endswith(_FINNISH_ENDINGS) else known
