"""A campaign as text for people, and its lines as CSV."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sulku_desk.cli.output import counted, print_table, say
from sulku_kernel.columns import json_value
from sulku_kernel.errors import InputError
from sulku_kernel.transaction import Row
from sulku_revocation.campaign_dry_run import DryRun
from sulku_revocation.campaign_notices import campaign_number
from sulku_revocation.campaign_report import Progress
from sulku_revocation.campaign_results import cells, written
from sulku_revocation.domain.reason_code import ReasonCode

_SHOWN = 20


def read_reason(text: str) -> ReasonCode | int:
    """A reason by its name (RFC 5280) or number; whether it may be used is the decision's to say. Raises InputError."""
    if text.isdecimal():
        return int(text[:4])
    for code in ReasonCode:
        if code.rfc_name.lower() == text.lower():
            return code
    names = ", ".join(code.rfc_name for code in ReasonCode)
    raise InputError(f"there is no reason {text!r}", next_step=f"Choose one of {names}.")


def print_campaign(campaign: Row, found: Progress) -> None:
    """What it is, how far it is, and what to type to approve it."""
    drill = " (drill)" if campaign["is_drill"] else ""
    say(f"{campaign_number(campaign)}{drill}: {campaign['name']}")
    say(f"State: {campaign['state']}, wave {found.wave} of {found.waves}")
    for state, count in found.counts.items():
        if count:
            say(f"  {state.value:<9} {count:>8,}")
    say(f"Revoked and seen: {found.per_cent} %")
    if campaign["list_hash"]:
        say(f"SHA-256 of the list: {campaign['list_hash']}")
    if campaign["reason"] is not None:
        say(f"Reason: {ReasonCode(campaign['reason']).rfc_name}, decided by {campaign['decided_by']}")
        say(f"Because: {campaign['because']}")
        all_of_it = counted(sum(campaign["waves"]), "1 certificate", "{n} certificates")
        say(f"Approval: hash …{campaign['approval_digest'][-8:]}, {all_of_it}")
    if campaign["approved_by"]:
        say(f"Approved by {campaign['approved_by']}")
    _print_unmatched(campaign["unmatched"])


def _print_unmatched(unmatched: Sequence[Sequence[str]]) -> None:
    for source, place, text, why in unmatched[:_SHOWN]:
        say(f"Names no certificate: {source}, {place}: {text!r}: {why}")
    if len(unmatched) > _SHOWN:
        say(f"… and {len(unmatched) - _SHOWN} more lines: --json shows all.")


def print_dry_run(campaign: Row, found: DryRun) -> None:
    """The numbers, the largest holders, and how the lists grow."""
    of_all = counted(found.total, "one certificate", "{n} certificates")
    say(f"{campaign_number(campaign)}: {found.to_revoke:,} of {of_all} would be revoked.")
    say(f"Left out: {_counts(found.left_out)}. Under legal hold: {found.held:,}.")
    say(f"Replaced already: {found.replaced:,} of {found.to_revoke:,}.")
    say(f"Types: {_counts(found.by_type)}. Reason: {_counts(found.by_reason) if found.by_reason else 'not decided'}.")
    say(f"Holders: {found.holders:,}, of whom {found.holders_without_contact:,} have no contact on file.")
    say(f"Certificates without a holder on file: {found.without_holder:,}.")
    say(f"Waves: {', '.join(map(str, found.waves)) or 'none'}.")
    say("")
    rows = [
        (
            issuer.name,
            "test" if issuer.is_test else "",
            issuer.to_revoke,
            f"{issuer.octets_now:,} → {issuer.octets_then:,}",
            issuer.shortest or "",
        )
        for issuer in found.issuers
    ]
    print_table(("issuer", "", "certificates", "CRL octets", "takes at least"), rows, empty="Nothing to revoke.")
    say("")
    print_table(("holder", "certificates"), list(found.largest_holders), empty="No holder is on file.")
    _print_unmatched(campaign["unmatched"])


def print_report(found: Mapping[str, Any]) -> None:
    """The final report in short; --json has all of it."""
    say(f"{found['number']}: {found['name']}: {found['state']}")
    say(f"Reason {found['reason']}, decided by {found['decided_by']}, approved by {found['approved_by']}")
    say(f"Certificates: {_counts({name: count for name, count in found['certificates'].items() if count})}")
    say(f"Revoked before for another reason: {found['revoked_for_another_reason']}")
    say(f"Asked in OCSP too: {found['asked_in_ocsp']}")
    say(f"Replaced by a newer certificate so far: {found['replaced']:,}")
    say(f"SHA-256 of the list: {found['list_hash']}")
    for name, at in found["times"].items():
        if at is not None:
            say(f"{name.replace('_', ' ')}: {json_value(at)}")
    for step, states in found["notices"].items():
        say(f"Mails {step}: {_counts(states)}")
    for name in found["holders_without_contact"]:
        say(f"Without a contact on file: {name}")
    for step in found["history"]:
        say(f"{step['at']}  {step['action']}  {step['by']}  {' '.join(step['because'])}")
    for mail in found.get("notices_rendered", ()):
        say(f"\nTo {mail['to']}\nSubject: {mail['subject']}\n\n{mail['text']}")


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"


def write_lines(columns: Sequence[str], lines: Iterable[Mapping[str, Any]], *, as_json: bool) -> None:
    """One line for each certificate, as it comes from the database."""
    if not as_json:
        sys.stdout.write(written([columns]))
    for line in lines:
        if as_json:
            told = {name: json_value(line[name]) if hasattr(line[name], "tzinfo") else line[name] for name in columns}
            sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
        else:
            sys.stdout.write(written([cells(line, columns)]))
