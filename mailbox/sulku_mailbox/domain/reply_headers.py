"""The lines by which mail programs announce what they quote, in the languages they speak.

Outlook writes a block of header lines, most others one line like `Maanantai 23.11.2026 klo 14.05 N.N. kirjoitti:`, and
both may put a line of dashes before it. Words are data; which lines count is decided by more than one sign: a verb
alone is also what people write themselves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

WROTE: Mapping[str, str] = MappingProxyType(
    {
        "fi": r"kirjoitti(?: seuraavasti| seuraavaa)?|lähetti(?: viestin)?",
        "sv": r"skrev(?: följande)?",
        "en": r"wrote|writes|wrote the following",
        "de": r"schrieb(?: folgendes)?|hat geschrieben|schreibt",
        "nl": r"schreef|het volgende geschreven|geschreven",
        "fr": r"(?:a|à) écrit",
        "es": r"escribió|escribio",
        "it": r"ha scritto",
        "pt": r"escreveu",
        "da, no": r"skriver",
        "is": r"skrifaði",
        "et": r"kirjutas",
        "lv": r"rakstīja",
        "lt": r"rašė",
        "pl": r"napisał(?:\(a\)|a)?|pisze",
        "cs, sk": r"napsal(?:\(a\)|a)?|napísal(?:\(a\)|a)?",
        "sl, hr": r"je napisal(?:\(a\)|a|o)?|je pisao|napisao je",
        "hu": r"írta",
        "ro": r"a scris",
        "ru": r"написал(?:\(а\)|а)?|пишет|писал(?:\(а\)|а)?",
        "uk": r"написав(?:\(ла\))?|пише",
        "bg": r"написа",
        "el": r"έγραψε",
        "tr": r"yazdı|şunu yazdı",
        "vi": r"đã viết",
        "ar": r"كتب",
        "he": r"כתב(?:ה)?",
    }
)
_WROTE = "|".join(WROTE.values())
_VERB = re.compile(rf"(?<!\w)(?:{_WROTE})\b", re.IGNORECASE)
_VERBS_WITHOUT_BLANKS = (
    "写道",
    "寫道",
    "のメッセージ",
    "作成",
    "は書きました",
    "님이 작성",
)  # Chinese, Japanese, Korean
_VERB_FROM_END = 220  # characters: names, addresses and times may stand between the verb and the colon
# Gmail before 2017: `2013/7/20 N.N. <a@b.example>` and `2016-10-24 15:36 GMT+02:00 N.N. <a@b.example>:`
_DATE_AND_ADDRESS = re.compile(
    r"(?:19|20)\d\d[-/]\d{1,2}[-/]\d{1,2}(?: \d{1,2}:\d\d)?(?: (?:GMT|UTC)[+-]\d\d?:?\d\d)? \S.{0,150}"
    r"<\s*[^\s<>@]{1,64}@[^\s<>@]{1,255}>\s*:?\s*$"
)
_MOMENT = re.compile(r"(?<!\d)(?:(?:19|20)\d\d(?!\d)|\d{1,2}[:.]\d\d(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d\d)")
_ADDRESS = re.compile(r"[^\s<>@]@[^\s<>@]")
_NAME_AND_ADDRESS = re.compile(r"[^\s<>:][^<>:\n]{1,80}<[^\s<>@]{1,64}@[^\s<>@]{1,255}>\s")
_BEGINS = re.compile(
    r"(?:on|am|le|el|il|em|op|den|dne|dnia|w dniu|at|the|la|ma|ti|ke|to|pe|su|mån|tis|ons|tors|fre|lör|sön|maanantai"
    r"|tiistai|keskiviikko|torstai|perjantai|lauantai|sunnuntai|måndag|tisdag|onsdag|torsdag|fredag|lördag|söndag"
    r"|mon|tue|wed|thu|fri|sat|sun)(?:na|en)?\b[ .,]",
    re.IGNORECASE,
)
_BARE_VERB = re.compile(rf"(?:<[^<>]*>|>)?\s*(?:{_WROTE})\b", re.IGNORECASE)
_BROKEN_AT = 50
_CLOSING_COLONS = (":", "\uff1a")
_MOST_LINES = 6
_MOST_CHARS = 300

_FROM = (
    r"lähettäjä|från|from|von|de|da|van|fra|od|от|от кого|від|saatja|nuo|no|expéditeur|remitente|afzender|feladó"
    r"|odesílatel|de la|από|kimden|发件人|寄件者|差出人"
)
_OTHERS = (
    r"lähetetty|päivä(?:ys|määrä)?|pvm|vastaanottajat?|kopio|aihe|vastausosoite|skickat|datum|till|kopia|ämne|svar till"
    r"|sent|date|to|cc|bcc|subject|reply-to|gesendet|an|kopie|betreff|antwort an|envoyé|date d'envoi|à|objet|répondre à"
    r"|enviad[oa](?: el| em)?|fecha|para|asunto|assunto|data|inviato|a|oggetto|risposta|verzonden|aan|onderwerp|sendt"
    r"|dato|til|emne|wysłano|do|temat|дата|кому|тема|отправлено|копия|надіслано|saadetud|kellele|teema|išsiųsta|kam|tema"
    r"|nosūtīts|odesláno|komu|předmět|elküldve|címzett|tárgy|importance|tärkeys|prioritet|发送时间|收件人|主题|送信日時|宛先|件名"
)
_FROM_LINE = re.compile(rf"[\s>*_]*(?:{_FROM})\s*[*_]*\s?[:\uff1a][*_]*\s*\S", re.IGNORECASE)
_OTHER_LINE = re.compile(rf"[\s>*_]*(?:{_OTHERS})\s*[*_]*\s?[:\uff1a][*_]*(?:\s|$|[^\x00-\x7f])", re.IGNORECASE)

_ORIGINAL = (
    r"alkuperäinen viesti|ursprungligt meddelande|original message|original appointment|ursprüngliche nachricht"
    r"|message d'origine|message original|mensaje original|messaggio originale|oorspronkelijk bericht"
    r"|mensagem original|oprindelig meddelelse|opprinnelig melding|wiadomość oryginalna|oryginalna wiadomość"
    r"|исходное сообщение|původní zpráva|reply message|algne kiri|originalmeddelande"
)
_FORWARDED = (
    r"(?:edelleen)?lähetetty viesti|välitetty viesti|edelleenlähetetty viesti|vidarebefordrat (?:meddelande|brev)"
    r"|forwarded message|weitergeleitete nachricht|message (?:transféré|réexpédié)|mensaje reenviado"
    r"|messaggio inoltrato|doorgestuurd bericht|mensagem (?:encaminhada|reencaminhada)"
    r"|videresendt (?:meddelelse|melding|besked)|пересылаемое сообщение|wiadomość przekazana"
)
_ORIGINAL_LINE = re.compile(rf"[\s>]*[-_=*]{{2,}}\s*(?:{_ORIGINAL})[^\n]{{0,80}}?\s*[-_=*:]*\s*$", re.IGNORECASE)
_FORWARDED_LINE = re.compile(
    rf"[\s>]*(?:[-_=*]{{2,}}\s*(?:{_FORWARDED})[^\n]{{0,80}}|(?:begin forwarded message|välitetty viesti alkaa"
    r"|vidarebefordrat meddelande börjar|alkaa välitetty viesti|början på vidarebefordrat (?:brev|meddelande)"
    r"|anfang der weitergeleiteten nachricht)\s*:)\s*$",
    re.IGNORECASE,
)
_OUTLOOKS_RULE = re.compile(r"_{32}\s*$")
_LABELLED = re.compile(r"\*?[^\W\d_][^:\n]{0,30}:\*?\s*\S")
_RULE = re.compile(rf"[\s*]*(?:[-_]{{5,}}|(?:{_ORIGINAL}))[\s*]*$", re.IGNORECASE)
_MOST_BEFORE_FROM = 3
_MAX_LINE = 1000


def introduction_ending(lines: Sequence[str], end: int, *, is_reply: bool) -> int | None:
    """Where the lines begin that end with `lines[end]` and announce a quotation; None when they do not.

    Read backwards: the fewest lines that make sense are taken, so that a greeting above stays with the new text.
    """
    joined = ""
    weak: int | None = None  # where it would begin if it told no moment
    for start in range(end, max(end - _MOST_LINES, -1), -1):
        line = lines[start].strip()
        if len(line) > _MOST_CHARS or not (line or joined.startswith("<")):
            break
        if not line:
            continue  # some programs put an address between empty lines
        joined = f"{line} {joined}".strip()
        if _introduces(joined, lines, end + 1, is_reply=is_reply):
            has_moment = bool(_MOMENT.search(joined))
            if has_moment and (weak is None or _BEGINS.match(joined) or joined[0].isdigit()):
                return _with_line_before(lines, start, joined)
            weak = start if weak is None else weak
            if not _BARE_VERB.match(joined) and not _goes_on(lines, start):
                break
    return weak


def may_end_introduction(line: str) -> bool:
    """A first look: an introduction ends with a colon, a dash or an address."""
    return line.endswith((*_CLOSING_COLONS, "-", ">"))


def _introduces(joined: str, lines: Sequence[str], after: int, *, is_reply: bool) -> bool:
    if _DATE_AND_ADDRESS.match(joined) or _is_between_dashes(joined):
        return True
    if not _ends_with_verb(joined):
        return False
    moments = _MOMENT.findall(joined)
    has_address = bool(_ADDRESS.search(joined))
    if is_followed_by_marks(lines, after):
        return bool(moments) or has_address or len(joined) < 80
    if moments and has_address:
        return True
    if len(moments) > 1 and joined[0].isalnum():
        return is_reply
    return is_reply and bool(_NAME_AND_ADDRESS.match(joined))


def _ends_with_verb(joined: str) -> bool:
    """`… wrote:`, and what may stand between the verb and the colon. One scan of the end, whatever it holds."""
    if not joined.endswith(_CLOSING_COLONS):
        return False
    if joined[:-1].rstrip().endswith(_VERBS_WITHOUT_BLANKS):
        return True
    return _VERB.search(joined, max(len(joined) - _VERB_FROM_END, 0)) is not None


def _is_between_dashes(joined: str) -> bool:
    """Zoho's `---- On Tue, 24 Nov 2026 14:05 +0200 N.N. wrote ----`, Notes' `-----N.N. <a@b.example> wrote: -----`."""
    if not (joined.startswith("---") and joined.endswith("---")):
        return False
    if not (_MOMENT.search(joined) or _ADDRESS.search(joined)):
        return False
    return _VERB.search(joined, max(len(joined) - 40, 0)) is not None


def _goes_on(lines: Sequence[str], start: int) -> bool:
    """Whether the line above may have been broken by a program: it is long, or ends in the middle of something."""
    above = lines[start - 1].rstrip() if start else ""
    return len(above) > _BROKEN_AT or above.endswith((",", "<", '"'))


def _with_line_before(lines: Sequence[str], start: int, joined: str) -> int:
    """One more line, when the date was broken in two: `On Wed, Sep 25,` and `2013 at 14:05 N.N. wrote:`."""
    if not start or not joined[0].isdigit() or not _goes_on(lines, start):
        return start
    before = lines[start - 1].strip()
    return start - 1 if _BEGINS.match(before) and len(before) < _MOST_CHARS else start


def is_followed_by_marks(lines: Sequence[str], index: int) -> bool:
    """Whether the next line that is not blank begins with a quotation mark."""
    for line in lines[index : index + 3]:
        if line.strip():
            return line.lstrip().startswith((">", "| "))
    return False


def is_header_block(lines: Sequence[str], index: int) -> bool:
    """`From:` and, within the next lines, at least two of Sent, To, Cc, Subject, in any of the languages."""
    if not _FROM_LINE.match(lines[index][:_MAX_LINE]):
        return _is_below_outlooks_rule(lines, index)
    others = sum(bool(_OTHER_LINE.match(line[:_MAX_LINE])) for line in lines[index + 1 : index + 9])
    return others >= 2


def _is_below_outlooks_rule(lines: Sequence[str], index: int) -> bool:
    """A header block in a language not listed: below Outlook's own rule, with an address first and then a moment."""
    if not index or not _OUTLOOKS_RULE.match(lines[index - 1]):
        return False
    block = [line[:_MAX_LINE] for line in lines[index : index + 3]]
    if not all(_LABELLED.match(line) for line in block) or not _ADDRESS.search(block[0]):
        return False
    return any(len(_MOMENT.findall(line)) > 1 for line in block)


def is_original_line(line: str) -> bool:
    """`-----Alkuperäinen viesti-----`."""
    return bool(_ORIGINAL_LINE.match(line[:_MAX_LINE]))


def is_forwarded_line(line: str) -> bool:
    """`---------- Välitetty viesti ----------`."""
    return bool(_FORWARDED_LINE.match(line[:_MAX_LINE]))


def after_header(lines: Sequence[str], index: int) -> int:
    """The first line after a header block that begins near `index`."""
    last = index
    for position in range(index, min(index + 14, len(lines))):
        line = lines[position][:_MAX_LINE]
        if _FROM_LINE.match(line) or _OTHER_LINE.match(line) or _ORIGINAL_LINE.match(line):
            last = position + 1
        elif not line.strip() and last > index:
            break
    return max(last, index)


def with_rule(lines: Sequence[str], index: int) -> int:
    """Where a header block really begins: some programs put Date or Subject before From, most a line above it all."""
    start = index
    while start and index - start < _MOST_BEFORE_FROM and _OTHER_LINE.match(lines[start - 1][:_MAX_LINE]):
        start -= 1
    above = start - 1
    while above >= 0 and start - above <= 2 and not lines[above].strip():
        above -= 1
    return above if above >= 0 and _RULE.match(lines[above][:_MAX_LINE]) else start
