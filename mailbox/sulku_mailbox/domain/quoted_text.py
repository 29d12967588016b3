"""What is new in a mail, and what it quotes.

Losing words is worse than keeping quotes: a line counts as quoted only by a mark that a mail program sets (`>`, the
line that introduces a reply, the block of header lines Outlook writes), in the languages our senders use. Signatures
stay with the new text. In a forward the forwarded mail is what the sender wants read, so it stays; what *that* quotes
does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sulku_mailbox.domain.limits import LIMITS

_FORWARD_SUBJECT = re.compile(r"\s*(?:\[[^\]]{0,40}\]\s*)?(?:fwd?|vl|vb|wg|tr|rv|enc|doorst|vid)\s*:", re.IGNORECASE)
_REPLY_SUBJECT = re.compile(
    r"\s*(?:\[[^\]]{0,40}\]\s*)?(?:re|vs|sv|aw|antw|odp|ang)\s*(?:\[\d+\]|\(\d+\))?:", re.IGNORECASE
)

_WROTE = (
    r"kirjoitti|skrev|wrote|writes|schrieb|schreef|écrit|escribió|escribio|ha scritto|escreveu|napisał(?:\(a\))?|napsal"
    r"|написал(?:\(а\))?|пишет|пише|skriver|kirjutas|rašė|rakstīja|írta|написа|a scris|geschreven"
)
_WROTE_END = re.compile(
    rf"(?:\b(?:{_WROTE})\b[^\n]{{0,200}}:|(?:写道|寫道|のメッセージ|作成)\s*[:\uff1a])\s*$", re.IGNORECASE
)
_MOMENT = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[:.]\d\d\b|\b\d{1,2}[./-]\d{1,2}[./-]\d\d")
_ADDRESS = re.compile(r"[<(\[]?(?:mailto:)?[^\s<>@]{1,64}@[^\s<>@]{1,255}")

_FROM = r"lähettäjä|från|from|von|de|da|van|fra|od|от|saatja|nuo|no|expéditeur|remitente|afzender"
_OTHERS = (
    r"lähetetty|päivä(?:ys|määrä)?|pvm|vastaanottajat?|kopio|aihe|skickat|datum|till|kopia|ämne|sent|date|to|cc"
    r"|subject|reply-to|gesendet|an|betreff|envoyé|date d'envoi|à|objet|enviado(?: el)?|fecha|para|asunto|assunto"
    r"|data|inviato|a|oggetto|verzonden|aan|onderwerp|sendt|til|emne|wysłano|do|temat|дата|кому|тема|отправлено|importance|tärkeys"
)
_FROM_LINE = re.compile(rf"[\s>*_]*(?:{_FROM})\s*[*_]*\s?:[*_]*\s*\S", re.IGNORECASE)
_OTHER_LINE = re.compile(rf"[\s>*_]*(?:{_OTHERS})\s*[*_]*\s?:[*_]*(?:\s|$)", re.IGNORECASE)

_ORIGINAL = (
    r"alkuperäinen viesti|ursprungligt meddelande|original message|original appointment|ursprüngliche nachricht"
    r"|message d'origine|mensaje original|messaggio originale|oorspronkelijk bericht|mensagem original"
    r"|oprindelig meddelelse|opprinnelig melding|wiadomość oryginalna|исходное сообщение|reply message"
)
_FORWARDED = (
    r"(?:edelleen)?lähetetty viesti|välitetty viesti|edelleenlähetetty viesti|vidarebefordrat (?:meddelande|brev)"
    r"|forwarded message|weitergeleitete nachricht|message transféré|mensaje reenviado|messaggio inoltrato"
    r"|doorgestuurd bericht|mensagem encaminhada|videresendt (?:meddelelse|melding)"
)
_ORIGINAL_LINE = re.compile(rf"[\s>]*[-_=*]{{2,}}\s*(?:{_ORIGINAL})[^\n]{{0,80}}?\s*[-_=*:]*\s*$", re.IGNORECASE)
_FORWARDED_LINE = re.compile(
    rf"[\s>]*(?:[-_=*]{{2,}}\s*(?:{_FORWARDED})[^\n]{{0,80}}|(?:begin forwarded message|välitetty viesti alkaa"
    r"|vidarebefordrat meddelande börjar|alkaa välitetty viesti|början på vidarebefordrat (?:brev|meddelande))\s*:)"
    r"\s*$",
    re.IGNORECASE,
)
_RULE = re.compile(r"[\s*]*[-_]{5,}[\s*]*$")
_QUOTED = re.compile(r"[ \t]{0,3}(?:>(?!From )|\|[ \t]|>From )")
_MARKS = frozenset(">|-_=*")
_MAX_LINE = 1000
_COLONS = (":", "\uff1a")


@dataclass(frozen=True, slots=True)
class Split:
    """`new` is what the sender wrote for this mail; `quoted` everything else, in its order."""

    new: str
    quoted: str


def split_quoted(text: str, *, subject: str = "", is_reply: bool = False) -> Split:
    r"""Parts `text` (lines end with `\\n`) into new and quoted. `is_reply`: the header refers to an earlier mail."""
    is_forward = bool(_FORWARD_SUBJECT.match(subject))
    is_reply = not is_forward and (is_reply or bool(_REPLY_SUBJECT.match(subject)))
    lines = text.split("\n", LIMITS.quoted_lines)  # what is beyond stays one piece, and new
    marks = _quoted_lines(lines, is_forward=is_forward, is_reply=is_reply)
    new = [line for line, is_quoted in zip(lines, marks, strict=True) if not is_quoted]
    if not is_reply and True in marks and not any(line.strip() for line in new):
        return Split(_without_marks(lines), "")
    quoted = [line for line, is_quoted in zip(lines, marks, strict=True) if is_quoted]
    return Split(_joined(new), _joined(quoted))


def _quoted_lines(lines: list[str], *, is_forward: bool, is_reply: bool) -> list[bool]:
    """For each line whether it is quoted. One pass; a cut makes all that follows quoted."""
    marks = [False] * len(lines)
    candidates = _candidates(lines)
    if not candidates:
        return marks
    may_pass = is_forward  # whether the next header block may still be that of the forwarded mail itself
    has_new = False
    index = 0
    while index < len(lines):
        line = lines[index][:_MAX_LINE]
        if index not in candidates:
            has_new = has_new or bool(line.strip())
        elif _is_quoted_line(lines, index):
            marks[index] = True
        elif length := _introduction(lines, index):
            marks[index : index + length] = [True] * length
            if not _is_followed_by_marks(lines, index + length):
                return _cut(marks, index)
            index += length
            continue
        elif _FORWARDED_LINE.match(line):
            index = _after_header(lines, index + 1)
            may_pass, has_new = False, True
            continue
        elif _ORIGINAL_LINE.match(line) or _is_header_block(lines, index):
            if may_pass or not (is_reply or has_new):
                may_pass, has_new = False, True
                index = _after_header(lines, index)
                continue
            return _cut(marks, _with_rule(lines, index))
        else:
            has_new |= bool(line.strip())
        index += 1
    return marks


def _candidates(lines: list[str]) -> set[int]:
    """The lines worth a closer look: those with a mark in front, and up to three lines before a line with a colon."""
    found: set[int] = set()
    for index, line in enumerate(lines):
        stripped = line.strip()
        if stripped[:1] in _MARKS:
            found.add(index)
        if ":" in stripped or "\uff1a" in stripped:  # the second is the colon of Chinese and Japanese
            found.add(index)
            if stripped.endswith(_COLONS):
                found.update(range(index - 3, index))
    return found


def _cut(marks: list[bool], index: int) -> list[bool]:
    return marks[:index] + [True] * (len(marks) - index)


def _is_quoted_line(lines: list[str], index: int) -> bool:
    line = lines[index]
    if not _QUOTED.match(line):
        return False
    # mbox files write ">From " for a line that begins with "From "; a lone "|" is a table
    if line.startswith(">From ") or line.lstrip().startswith("|"):
        beside = lines[index - 1 : index] + lines[index + 1 : index + 2]
        return line.startswith(">From ") and any(other.startswith((">", " >")) for other in beside)
    return True


def _introduction(lines: list[str], index: int) -> int:
    """How many lines from here (1 to 4) introduce a quotation: `Maanantai 23.11.2026 klo 14.05 N.N. kirjoitti:`."""
    joined = ""
    for length in range(1, 5):
        if index + length > len(lines):
            return 0
        line = lines[index + length - 1].strip()
        if not line or len(line) > 300:
            return 0
        joined = f"{joined} {line}".strip()
        if line.endswith(_COLONS):
            return length if _introduces(joined, lines, index + length) else 0
    return 0


def _introduces(joined: str, lines: list[str], after: int) -> bool:
    if not _WROTE_END.search(joined):
        return False
    has_moment, has_address = bool(_MOMENT.search(joined)), bool(_ADDRESS.search(joined))
    if has_moment and (has_address or _is_followed_by_marks(lines, after)):
        return True
    if _is_followed_by_marks(lines, after):
        return True
    return has_moment and joined[0].isalnum() and len(_MOMENT.findall(joined)) > 1


def _is_followed_by_marks(lines: list[str], index: int) -> bool:
    """Whether the next line that is not blank begins with `>`."""
    for line in lines[index : index + 3]:
        if line.strip():
            return line.lstrip().startswith(">")
    return False


def _is_header_block(lines: list[str], index: int) -> bool:
    """`From:` and, within the next lines, at least two of Sent, To, Cc, Subject, in any of the languages."""
    if not _FROM_LINE.match(lines[index][:_MAX_LINE]):
        return False
    others = sum(bool(_OTHER_LINE.match(line[:_MAX_LINE])) for line in lines[index + 1 : index + 9])
    return others >= 2


def _after_header(lines: list[str], index: int) -> int:
    """The first line after a header block that begins near `index`."""
    limit = min(index + 14, len(lines))
    last = index
    for position in range(index, limit):
        line = lines[position][:_MAX_LINE]
        if _FROM_LINE.match(line) or _OTHER_LINE.match(line) or _ORIGINAL_LINE.match(line):
            last = position + 1
        elif not line.strip() and last > index:
            break
    return max(last, index)


def _with_rule(lines: list[str], index: int) -> int:
    """The line of dashes or underscores above a header block belongs to it."""
    above = index - 1
    while above >= 0 and index - above <= 2 and not lines[above].strip():
        above -= 1
    return above if above >= 0 and _RULE.match(lines[above][:_MAX_LINE]) else index


def _without_marks(lines: list[str]) -> str:
    return _joined([re.sub(r"^[ \t]{0,3}(?:> ?)+", "", line[:_MAX_LINE]) + line[_MAX_LINE:] for line in lines])


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n ")
