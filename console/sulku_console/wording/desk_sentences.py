"""Sentences that the desk itself wrote into the history, with what they name, in the reader's language.

Others write them once, in English, with values in between; here each has its pattern and its words. What no pattern
fits stays as it was written: it is a person's, or new.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from sulku_kernel.language import Language

_AT = r"(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d) UTC"
_PLACE = {Language.EN: 0, Language.FI: 1, Language.SV: 2}
_MORE = re.compile(r" and (\d+) more$")
_MORE_SAID = {Language.EN: " and {n} more", Language.FI: " ja {n} muuta", Language.SV: " och {n} till"}

# (pattern, English, Finnish, Swedish). `{at}` is shown as people read times; of one certificate the next entry's twin.
_FOREIGN, _GONE = "and no order of ours is about them", "and stand on the CRL no more"
SENTENCES: tuple[tuple[str, str, str, str], ...] = (
    (
        rf"Legal hold until {_AT}: (?P<who>.+?)\.(?= The revocation promised|$)",
        "Legal hold until {at}: {who}.",
        "Sulkemiskielto {at} asti: {who}.",
        "Spärrningsförbud till {at}: {who}.",
    ),
    (
        rf"The revocation promised for {_AT} is put off by a legal hold\.",
        "The revocation promised for {at} is put off by a legal hold.",
        "Sulkemiskielto lykkää ajankohdaksi {at} luvattua sulkemista.",
        "Förbudet skjuter upp spärrningen som utlovats {at}.",
    ),
    (
        r"The legal hold on (?P<serial>[0-9a-f]+) is over \((?P<who>.+)\): decide about it now\.",
        "The legal hold on {serial} is over ({who}): decide about it now.",
        "Varmenteen {serial} sulkemiskielto on päättynyt ({who}): päätä asiasta nyt.",
        "Spärrningsförbudet för {serial} har upphört ({who}): besluta om det nu.",
    ),
    (
        rf"The legal hold on (?P<serial>[0-9a-f]+) ends on {_AT} \((?P<who>.+)\)\.",
        "The legal hold on {serial} ends on {at} ({who}).",
        "Varmenteen {serial} sulkemiskielto päättyy {at} ({who}).",
        "Spärrningsförbudet för {serial} upphör {at} ({who}).",
    ),
    (
        rf"1 certificates stand on the CRL, {_FOREIGN}: (?P<serials>.+)\.",
        "1 certificate stands on the CRL, and no order of ours is about it: {serials}.",
        "Sulkulistalla on 1 varmenne, jota täältä ei ole määrätty suljettavaksi: {serials}.",
        "På spärrlistan finns 1 certifikat som vi inte har beordrat spärrat: {serials}.",
    ),
    (
        rf"(?P<n>\d+) certificates stand on the CRL, {_FOREIGN}: (?P<serials>.+)\.",
        "{n} certificates stand on the CRL, and no order of ours is about them: {serials}.",
        "Sulkulistalla on {n} varmennetta, joita täältä ei ole määrätty suljettaviksi: {serials}.",
        "På spärrlistan finns {n} certifikat som vi inte har beordrat spärrade: {serials}.",
    ),
    (
        rf"1 certificates were revoked here, have not expired, {_GONE}: (?P<serials>.+)\.",
        "1 certificate was revoked here, has not expired, and stands on the CRL no more: {serials}.",
        "1 täällä suljettu, voimassa oleva varmenne ei enää ole sulkulistalla: {serials}.",
        "1 certifikat som spärrats här och inte gått ut finns inte längre på spärrlistan: {serials}.",
    ),
    (
        rf"(?P<n>\d+) certificates were revoked here, have not expired, {_GONE}: (?P<serials>.+)\.",
        "{n} certificates were revoked here, have not expired, and stand on the CRL no more: {serials}.",
        "{n} täällä suljettua varmennetta, jotka eivät ole vanhentuneet, ei enää ole sulkulistalla: {serials}.",
        "{n} certifikat som spärrats här och inte gått ut finns inte längre på spärrlistan: {serials}.",
    ),
    (
        r"Certificate (?P<serial>[0-9a-f]+) stands on the CRL no more\.",
        "Certificate {serial} stands on the CRL no more.",
        "Varmenne {serial} ei enää ole sulkulistalla.",
        "Certifikatet {serial} finns inte längre på spärrlistan.",
    ),
    (
        rf"Certificate (?P<serial>[0-9a-f]+) has been revoked since {_AT} \((?P<reason>[\w ]+)\): nothing is ordered\.",
        "Certificate {serial} has been revoked since {at} ({reason}): nothing is ordered.",
        "Varmenne {serial} on ollut suljettuna {at} alkaen ({reason}): mitään ei määrätä.",
        "Certifikatet {serial} har varit spärrat sedan {at} ({reason}): inget beordras.",
    ),
    (
        r"That was ordered on ticket (?P<number>[\w-]+)\.",
        "That was ordered on ticket {number}.",
        "Sulkeminen määrättiin palvelupyynnöllä {number}.",
        "Spärrningen beordrades i ärende {number}.",
    ),
    (
        r"That was ordered by campaign (?P<number>[\w-]+)\.",
        "That was ordered by campaign {number}.",
        "Sulkeminen määrättiin joukkosulkemisella {number}.",
        "Spärrningen beordrades genom masspärrning {number}.",
    ),
    (
        r"Its key is proven to be compromised \((?P<proof>[\w ]+)\): change the reason of the revocation\.",
        "Its key is proven to be compromised ({proof}): change the reason of the revocation.",
        "Sen avain on todistetusti paljastunut ({proof}): muuta sulkemisen syy.",
        "Dess nyckel har bevisligen avslöjats ({proof}): ändra orsaken till spärrningen.",
    ),
    (
        r"The clock ran ahead and was set back\.",
        "The clock ran ahead and was set back.",
        "Kello oli edellä, ja se siirrettiin taaksepäin.",
        "Klockan gick före och ställdes tillbaka.",
    ),
    (
        r"Its key is proven to be compromised: the date that was planned stands no more\.",
        "Its key is proven to be compromised: the date that was planned stands no more.",
        "Sen avain on todistetusti paljastunut: suunniteltu ajankohta ei enää ole voimassa.",
        "Dess nyckel har bevisligen avslöjats: den planerade tidpunkten gäller inte längre.",
    ),
    (
        r"That was not ordered from here\.",
        "That was not ordered from here.",
        "Sulkemista ei määrätty täältä.",
        "Spärrningen beordrades inte härifrån.",
    ),
    (
        rf"Certificate (?P<serial>[0-9a-f]+) was planned to be revoked on {_AT} there\.",
        "Certificate {serial} was planned to be revoked there: {at}.",
        "Varmenteen {serial} sulkemisen ajankohta siellä: {at}.",
        "Spärrningstidpunkt för certifikatet {serial} där: {at}.",
    ),
    (
        r"Well again: (?P<what>.+)\.",
        "Well again: {what}.",
        "Taas kunnossa: {what}.",
        "Åter i ordning: {what}.",
    ),
    (
        r"1 valid certificates have a blocked key \((?P<basis>\w+)\): (?P<what>.+)\.",
        "1 valid certificate has a blocked key ({basis}): {what}.",
        "1 voimassa olevan varmenteen avain on estettyjen avainten luettelossa ({basis}): {what}.",
        "1 giltigt certifikat har en blockerad nyckel ({basis}): {what}.",
    ),
    (
        r"(?P<n>\d+) valid certificates have a blocked key \((?P<basis>\w+)\): (?P<what>.+)\.",
        "{n} valid certificates have a blocked key ({basis}): {what}.",
        "{n} voimassa olevan varmenteen avain on estettyjen avainten luettelossa ({basis}): {what}.",
        "{n} giltiga certifikat har en blockerad nyckel ({basis}): {what}.",
    ),
    (
        r"It has the same key as a compromised one\.",
        "It has the same key as a compromised one.",
        "Sillä on sama avain kuin paljastuneella.",
        "Det har samma nyckel som ett certifikat vars nyckel är röjd.",
    ),
    (
        r"No contact with the role revocation or technical is on file for the holder\.",
        "No contact with the role revocation or technical is on file for the holder.",
        "Haltijalla ei ole rekisterissä sulkemis- eikä teknistä yhteyshenkilöä.",
        "Innehavaren har ingen kontaktperson för spärrning eller teknik i registret.",
    ),
)
_PATTERNS = tuple((re.compile(pattern), said) for pattern, *said in SENTENCES)


def desk_sentences(text: str, language: Language, absolute: Callable[[datetime], str]) -> str | None:
    """One or more of these sentences in a language; None when anything else stands in the text."""
    told: list[str] = []
    at = 0
    while at < len(text):
        found = next(((match, said) for p, said in _PATTERNS if (match := p.match(text, at))), None)
        if found is None:
            return None
        match, said = found
        values = _values(match.groupdict(), language, absolute)
        told.append(said[_PLACE[language]].format(**values))
        at = match.end() + 1
    return " ".join(told) if told else None


def _values(named: Mapping[str, str], language: Language, absolute: Callable[[datetime], str]) -> dict[str, str]:
    values = dict(named)
    if "at" in values:
        values["at"] = absolute(datetime.strptime(values["at"], "%Y-%m-%d %H:%M").replace(tzinfo=UTC))
    if "serials" in values:
        values["serials"] = _MORE.sub(lambda more: _MORE_SAID[language].format(n=more[1]), values["serials"])
    return values
