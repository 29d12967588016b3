"""Which of the certificates named in a mail it wants left alone: the new one, the one that stays, the exception.

«Sulkekaa 0bf4eab0, uusi varmenne on 0bf50a11»: whoever revoked both would stop the service that the new one keeps
going (so it went at Sectigo in 2020). What is spared is shown, never chosen; a person can add it. A mention that asks
for a revocation goes before one that spares, but not before a line through it or a mark in its row
(`marked_rows.py`). Of several not all are spared, and one alone only as the exception:
«sulkekaa kaikki paitsi 0bf4eab0».
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from sulku_revocation.domain.marked_rows import find_kept, find_struck, find_ticked
from sulku_revocation.domain.mentions import Mention, find_mentions
from sulku_revocation.domain.words import clean_text

# A mail that names more than this is a list, and a person goes through it.
MOST_NAMED = 50
_LONGEST_TEXT = 50_000
# How far around a mention is read.
_REACH = 200

SENTENCE_END = re.compile(r"[.!?](?=\s)|;|\n\s*\n")
REVOKING = re.compile(
    r"\b(?:sulke(?!ne|nut)|sulje(?!t(?:tu|ut)\b)|sulki(?!tte|vat)|sulku|mitätö|revoko|poista|poistet|spärr|återkall"
    r"|makuler|ta bort|deaktivo|inaktivo|avaktiver|inaktiver|deaktiver|revoke|revoca|revoki|remove|delete|disabl"
    r"|deactivat|invalidat)",
    re.IGNORECASE,
)
# A clause that gives the reason, behind which a request speaks no longer.
_BECAUSE = re.compile(r"\b(?:koska|sillä|kun|joten|eftersom|då|när|because|since|as|now that|when)\b", re.IGNORECASE)
# Between the items of a list: punctuation, «ja», «och», «and», and the words "certificate" and "serial number".
_LIST = re.compile(
    r"[\s,/&()*•:-]*(?:(?:ja|sekä|och|samt|and|&)\b)?(?:[\s,/&()*•:#-]*\b(?:\w*(?:varmen|certifi|sarjan|serien)\w*|cert|"
    r"serial|number|nr|no))*[\s,/&()*•:#-]*",
    re.IGNORECASE,
)
# Without one of these, and with words between, it is no list: «varmenteesta … varmenteeseen …».
_JOINED = re.compile(r"[,/&\n*•]|\b(?:ja|sekä|och|samt|and)\b|^\W*$", re.IGNORECASE)
# «Revoke 0bf4eab0, 0bf50a11 is the new one»: the comma ends a sentence, and joins no list.
_IS_ANOTHER = re.compile(r"\s(?:on|är|is|jää|pysyy|säilyy|förblir|stays|remains)\b", re.IGNORECASE)
_AND = re.compile(r"\s*(?:\([^()]{0,60}\)\s*)?(?:ja|sekä|och|samt|and|&)\s", re.IGNORECASE)
# «Behålls:» on a line of its own, above the next ones.
_HEADING = re.compile(r"\n\s{0,9}[^\n]{1,60}:\s{0,9}$")
_NEXT_CLAUSE = re.compile(r",|;|\b(?:ja|mutta|vaan|joten|och|men|utan|så|and|but|so)\b", re.IGNORECASE)
_ALL_OF_THEM = re.compile(
    r"\b(?:molem\w+|kaikki|muut|båda|bägge|samtliga|alla|allt|both|all|everything|every)\b", re.IGNORECASE
)
_NOT_THIS = re.compile(
    r"\bei suljeta\b|(?:älkää|älä|ei (?:saa|pidä|tule)|(?:do|must|should|shall) not|don['’]?t|never) (?:\w+ ){0,2}?"
    r"(?:sulke|sulje|koske|poista|mitätöi|revok|touch|cancel|remove)\w*"
    r"|(?:spärra|återkalla|makulera|rör) (?:\w+ )?(?:inte|ej)\b|\b(?:inte|ej) (?:\w+ ){0,2}?(?:spärra|återkall|röra)\w*"
    r"|\b(?:keep|leave|säilyt(?:tä|e)\w+|jättä\w+|jätettäv\w+|pidettäv\w+|behåll\w*|låt)\b"
    r"|\bei suljettav\w+|\b(?:inte|ej) spärras\b",
    re.IGNORECASE,
)
_EXCEPT = re.compile(
    r"(?:\b(?:paitsi|pois ?lukien|lukuun ottamatta|muut kuin|utom|förutom|undantag\w*|"
    r"except(?: for)?|excluding|other than|(?:everything|anything|all) but|but not|men inte|mutta ei|"
    r"ei kuitenkaan|ei vaikuta|påverkar inte|not affect)|(?:^|[,:;(])[ ]?(?:ei|inte|not))\b"
    r"(?:[\s:(]+\w[\w.-]*){0,4}[\s:(#]*$",
    re.IGNORECASE,
)
_THE_OLD = re.compile(
    r"\b(?:vanha|vanhan|vanhaa|vanhat|vanhalle|poistuva\w*|edelli(?:nen|sen|stä|selle)|aie?mman|aiempi|aikaisempi|aikaisemman|entinen"
    r"|entisen|gamla|gammalt|föregående|förra|förre|tidigare|old|older|previous|former)\b",
    re.IGNORECASE,
)
_IS_THE_OLD = re.compile(_THE_OLD.pattern + r"(?:[\s:(=,]+\w[\w.'-]*){0,3}[\s:(=#]*$", re.IGNORECASE)
# A request that speaks of one of several by its place or age asks for none of those beside which it stands.
_ONE_OF_THEM = re.compile(
    _THE_OLD.pattern + r"|\b(?:ensimmäi(?:nen|sen|stä)|ensin mainit\w+|jälkimmäi(?:nen|sen|stä)|viimeksi mainit\w+"
    r"|(?:den|det) (?:första|andra)|förstnämnda|sistnämnda|latter|(?:the )(?:first|second|other))\b",
    re.IGNORECASE,
)
_TOO = re.compile(r"\b(?:myös|samoin|lisäksi|också|likaså|även|too|as well|also)\b", re.IGNORECASE)
# A text that tells two certificates for one name apart has one of these words.
_TELLS_APART = re.compile(
    r"vaih[dt]|korva|korja|\buu(?:si|den|teen|tta|della)|siir(?:ry|ty|to)|asen(?:si|net|nu)|tilalle|käytö[ns]|käyttöön"
    r"|tarvit|väär|\boike|kunnossa|kumpi|\bjoko\b|\btai\b|ersatt|ersätt|\bbyt[at]|\bnya?\b|\bnytt|flytta|\bfel\b|\brätt"
    r"|iställe|eller|replac|supersed|rotat|switch|migrat|\bmoved|\bnew|renew|wrong|correct|instead|either|->|→"
    r"|" + _ONE_OF_THEM.pattern,
    re.IGNORECASE,
)
# One of these stands in every mail that names an exception.
_EXCEPTIONS = (
    *("paitsi", "poislukien", "pois lukien", "lukuun ottamatta", "muut kuin", "utom", "undantag"),
    *("except", "excluding", "other than", "thing but", "all but"),
)
# «Kaikki 0bf4eab0:aa lukuun ottamatta».
_EXCEPT_BEHIND = re.compile(
    r"(?::\w{1,4})?\s(?:lukuun ottamatta|pois ?lukien|undantag\w*|excepted|excluded)\b", re.IGNORECASE
)
_NEW = re.compile(
    r"\b(?:nykyi(?:nen|sen|stä)|voimassa oleva\w*|nuvarande|current|"
    r"uusi|uuden|uutta|uuteen|uudeksi|uudella|uudelle|uusimpa\w*|nya|nytt|ny|newer|new|replacement|korvaava\w*|ersättande)\b"
    r"(?:[\s:(=,]+\w[\w.'-]*){0,5}[\s:(=#]*$",
    re.IGNORECASE,
)
_NEW_WORD = re.compile(r"\b(?:uusi|uuden|uutta|uudet|nya|nytt|ny|new|replacement|korvaava)\b", re.IGNORECASE)
_ATTACHED = re.compile(
    r"\b(?:liitte|liitän|oheis|ohessa|bifog|bilag|attach|enclos|here is|här är|tässä on)", re.IGNORECASE
)
_REPLACED_BY = re.compile(
    r"\b(?:korva\w+ (?:\w+[lt]l[aä]|sarjanumero\w*)"
    r"|tilalle (?:on )?(?:tuli|tulee|tullut|otettiin|otetaan|vaihdettiin|vaihdetaan|asennettiin)"
    r"|(?:ersatts?|ersätts|utbytt?|bytts?|bytt) (?:ut )?(?:av|med|mot|till)"
    r"|(?:replaced|superseded) (?:it )?(?:by|with)|(?:switched|moved|migrated) to)\b(?:[\s:(]+\w[\w.-]*){0,5}[\s:(#]*$",
    re.IGNORECASE,
)
_STAYS = re.compile(
    r"\b(?:jää|jätetään|pysyy|säilyy|jäädä|pidetään|kuitenkaan|lukuun ottamatta"
    r"|ei(?:kä)? (?:\w+ )?(?:saa|tule|pidä|tarvitse|kuulu) (?:\w+ )?sul\w+|ei(?:kä)? (?:\w+ )?suljeta|ei koske"
    r"|on (?:\w+ )?(?:uusi|käytössä|voimassa|tuotannossa|kunnossa)"
    r"|(?:ska|skall|bör|måste|får|behöver) inte (?:\w+ )?(?:spärr|återkall|rör)\w*"
    r"|(?:ska|får|kan) (?:vara |finnas )?kvar"
    r"|är (?:\w+ )?(?:nytt|nya|det nya|i bruk|i drift|giltigt)|(?:används|gäller) fortfarande|(?:gäller|berörs) inte"
    r"|förblir|behålls|stannar"
    r"|(?:must|should|shall|will|needs? to|has to) (?:not|stay|remain|be kept|continue)|stays|remains|is not to be"
    r"|is (?:\w+ )?(?:the new|new|replacement|in use|in production|live|fine|unaffected|not affected|needed))\b",
    re.IGNORECASE,
)

# «Replace … with», «we replaced … by», «ersätt … med»: what stands behind the second word is the new one.
_REPLACING = re.compile(
    r"\b(?:replace[ds]?|swap(?:ped)?|exchanged?|ersätt\w*|ersatt\w*|byt\w*)\b[^.;!?]{0,60}$", re.IGNORECASE
)
_WITH = re.compile(r"^\s*(?:with|by|for|med|mot|till)\b", re.IGNORECASE)

# Whoever does not know which of them it is asks for none.
_EITHER = re.compile(
    r"\bjoko\b.{0,200}\btai\b|\bantingen\b.{0,200}\beller\b|\beither\b.{0,200}\bor\b|\bkumpi\b|\bkumman\b|\bkumpaa\b"
    r"|\bvilke(?:n|t) av\b|\bwhich (?:one|of)\b|\bnäistä (?:toinen|yksi)\b|\b(?:toinen|yksi) näistä\b"
    r"|\bena? av (?:dessa|dem)\b|\b(?:only|just|revoke) one of\b",
    re.IGNORECASE | re.DOTALL,
)
# «Pyysimme sulkemaan …, mutta tarkoitimme …»: a correction, whose sides only a person tells apart.
_MEANT = re.compile(
    r"\b(?:tarkoiti(?:n|mme)|piti olla|olisi pitänyt|menade|avsåg|meant|should have (?:been|said))\b", re.IGNORECASE
)


@dataclass(slots=True)
class Wishes:
    """What the text wants of the certificates it names, as places in `spellings`.

    `spared`: left alone; `mentions`: each, and whether it is asked for; `asked`: to be revoked; `replaced`: said to be
    replaced, or to be the old one before a request. `alike`: those that stand in one list, and so are meant alike.
    `is_open`: the text tells certificates apart; of those for one name only what it clearly asks for counts then.
    `is_either`: it does not know which.
    """

    spared: frozenset[int] = frozenset()
    mentions: list[tuple[Mention, bool]] = field(default_factory=list)
    asked: set[int] = field(default_factory=set)
    replaced: set[int] = field(default_factory=set)
    alike: list[frozenset[int]] = field(default_factory=list)
    is_open: bool = False
    is_either: bool = False


def find_spared(text: str, spellings: Sequence[frozenset[str]]) -> frozenset[int]:
    """Which of the named certificates the text wants left alone, as places in `spellings`. Pure and total.

    `spellings` are the ways in which each stands in the text.
    """
    return read_wishes(text, spellings).spared


def read_wishes(text: str, spellings: Sequence[frozenset[str]]) -> Wishes:
    """What the text wants of the named certificates. Pure and total."""
    ticked, left = find_ticked(text, spellings)
    marked = find_struck(text, spellings) | find_kept(text, spellings) | left
    wishes = _read_sentences(text, spellings)
    wishes.asked = wishes.asked - left | ticked
    wishes.mentions = [
        (one, (is_asked or one.named in ticked) and one.named not in left) for one, is_asked in wishes.mentions
    ]
    wishes.spared |= marked
    return wishes


def _read_sentences(text: str, spellings: Sequence[frozenset[str]]) -> Wishes:
    if not 0 < len(spellings) <= MOST_NAMED or (len(spellings) == 1 and not any(word in text for word in _EXCEPTIONS)):
        return Wishes()
    text = clean_text(text[:_LONGEST_TEXT])
    mentions = find_mentions(text, spellings)
    if len(spellings) == 1:
        is_exception = bool(mentions) and all(_is_excepted(text, mention) for mention in mentions)
        return Wishes(frozenset({0}) if is_exception else frozenset())
    if _asks_for_all(text, mentions):
        return Wishes()
    if _EITHER.search(text):
        return Wishes(is_open=True, is_either=True)
    wishes = _read_mentions(text, mentions)
    if _MEANT.search(text) and not any(len(together) == len(spellings) for together in wishes.alike):
        return Wishes(is_open=True, is_either=True)
    left_alone = wishes.spared - wishes.asked
    wishes.spared = left_alone if len(left_alone) < len(spellings) else frozenset()
    return wishes


def _read_mentions(text: str, mentions: list[Mention]) -> Wishes:
    """The wishes by each mention's own clause; what one spares another may ask for."""
    wishes, spared = Wishes(is_open=_TELLS_APART.search(text) is not None), set[int]()
    groups = _groups(text, mentions)
    ends = [following[0].start for following in groups[1:]] + [len(text)]
    for end, (before, group, after, goes_on) in zip(ends, _in_context(text, groups), strict=False):
        named = frozenset(mention.named for mention in group)
        is_new = _replaces_the_last(text, groups, group, before)
        if wishes.alike and (is_new or _REPLACED_BY.search(before)):
            wishes.replaced |= wishes.alike[-1]
        wishes.alike.append(named)
        is_asked = goes_on or _asks_beside(before, after) or bool(wishes.asked and _TOO.search(before + after))
        is_left = is_new or _is_spared(before, after)
        wishes.mentions += [(mention, is_asked and not is_left) for mention in group]
        if is_left:
            spared |= named
            continue
        if _IS_THE_OLD.search(before) and REVOKING.search(text, group[-1].end, min(end, group[-1].end + _REACH)):
            wishes.replaced |= named
        if is_asked:
            wishes.asked |= named
    wishes.spared = frozenset(spared)
    return wishes


def _replaces_the_last(text: str, groups: list[list[Mention]], group: list[Mention], before: str) -> bool:
    at = groups.index(group)
    return (
        at > 0 and _WITH.search(before) is not None and _REPLACING.search(text[: groups[at - 1][0].start]) is not None
    )


def _asks_beside(before: str, after: str) -> bool:
    return REVOKING.search(before) is not None or _asks(after)


def _asks(after: str) -> bool:
    """Whether what stands behind a mention asks for it, and not for «the old one»."""
    return REVOKING.search(after) is not None and not _ONE_OF_THEM.search(after)


def brings_the_new(text: str) -> bool:
    """Whether what is attached is said to be the new one, and the old one is to be revoked. Pure and total."""
    if not asks_for_the_old(text):
        return False
    sentences = SENTENCE_END.split(clean_text(text[:_LONGEST_TEXT]))
    return any(_ATTACHED.search(one) and _NEW_WORD.search(one) and not REVOKING.search(one) for one in sentences)


def asks_for_the_old(text: str) -> bool:
    """Whether a sentence asks for «the old one» to be revoked. Pure and total."""
    text = clean_text(text[:_LONGEST_TEXT])
    if not _THE_OLD.search(text):
        return False
    sentences = SENTENCE_END.split(text)
    return any(_THE_OLD.search(one) and REVOKING.search(one) and not _ALL_OF_THEM.search(one) for one in sentences)


def _is_excepted(text: str, mention: Mention) -> bool:
    before = SENTENCE_END.split(text[max(0, mention.start - _REACH) : mention.start])[-1]
    is_exception = _EXCEPT.search(before) or _EXCEPT_BEHIND.match(text, mention.end)
    return is_exception is not None and _ALL_OF_THEM.search(before) is not None


def _asks_for_all(text: str, mentions: list[Mention]) -> bool:
    """Whether a sentence that names none asks for all: «Sulkekaa molemmat.»"""
    at = 0
    for sentence in SENTENCE_END.split(text):
        start = text.find(sentence, at)
        at = start + len(sentence)
        if _ALL_OF_THEM.search(sentence) and REVOKING.search(sentence) and not _NOT_THIS.search(sentence):
            return not any(start <= mention.start < at for mention in mentions)
    return False


def _in_context(text: str, groups: list[list[Mention]]) -> Iterator[tuple[str, list[Mention], str, bool]]:
    """Each mention, or list of mentions, with what its sentence says before and after it up to the next ones.

    Last, whether it goes on with what is asked for: «sulkekaa vanha … ja uusi …».
    """
    for at, group in enumerate(groups):
        start, end = group[0].start, group[-1].end
        begins = groups[at - 1][-1].end if at else 0
        ends = groups[at + 1][0].start if at + 1 < len(groups) else len(text)
        before = SENTENCE_END.split(text[max(begins, start - _REACH) : start])[-1]
        after = SENTENCE_END.split(text[end : min(ends, end + _REACH)], maxsplit=1)[0]
        goes_on = False
        if at and begins == start - len(before):
            if _AND.match(before) and _asks_before(text, groups[at - 1]):
                before, goes_on = "", True
            clause = _NEXT_CLAUSE.search(before)
            before = before[clause.start() :] if clause else before  # what was said of the one before
        if at + 1 < len(groups) and end + len(after) == ends:
            after = _HEADING.sub("", after)
            after = _NEXT_CLAUSE.split(after, maxsplit=1)[0]  # the rest belongs to the next one
        yield before, group, after, goes_on


def _asks_before(text: str, group: list[Mention]) -> bool:
    start = group[0].start
    before = SENTENCE_END.split(text[max(0, start - _REACH) : start])[-1]
    return REVOKING.search(before) is not None and not _is_spared(before, "")


def _groups(text: str, mentions: list[Mention]) -> list[list[Mention]]:
    """Mentions with nothing but a list's words between them belong together."""
    groups = [[mention] for mention in mentions[:1]]
    for before, mention in pairwise(mentions):
        gap = text[before.end : mention.start]
        is_apart = gap.strip() == "," and _IS_ANOTHER.match(text, mention.end)
        if len(gap) <= _REACH and _JOINED.search(gap) and _LIST.fullmatch(gap) and not is_apart:
            groups[-1].append(mention)
        else:
            groups.append([mention])
    return groups


def _is_spared(before: str, after: str) -> bool:
    if _EXCEPT.search(before) and ")" in after and before.rfind("(") > before.rfind(")"):
        return True  # «0bf4eab0 (ei 0bf50a11) suljetaan»
    if _asks(_STAYS.sub("", _NOT_THIS.sub("", after))):
        return False
    asks = list(REVOKING.finditer(before))
    behind = before[asks[-1].start() :] if asks else before
    if any(not REVOKING.search(before, match.end()) for match in _NOT_THIS.finditer(before)):
        return True
    if _EXCEPT.search(before) or _REPLACED_BY.search(before) or _STAYS.search(after):
        return True
    new = _NEW.search(behind)
    return new is not None and not _THE_OLD.search(new[0]) and (not asks or _BECAUSE.search(behind) is not None)
