"""A ticket on a terminal: what to do next and what it is about first, then what was said, then what happened.

The same view as the console's page, in English, so that both say the same. What the desk wrote by itself and what
happened long ago is one line each unless somebody wants all of it. Strangers' words are made harmless to look at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.padding import Padding
from rich.text import Text

from sulku_console.conversation_view import Said
from sulku_console.shown_text import shown_line, shown_text
from sulku_console.ticket_view import TicketView
from sulku_console.timeline import Happened
from sulku_console.times import absolute, due
from sulku_console.wording import translate
from sulku_console.wording.explanations import explain
from sulku_desk.cli.output import counted, out, say
from sulku_kernel.language import Language
from sulku_kernel.serial_number import SerialNumber, whole_octets
from sulku_revocation.domain.explain_words import NEEDS
from sulku_revocation.domain.request_states import UNDECIDED

EN = Language.EN
LATEST = 12
MOST_HOSTS = 8


def print_ticket(data: Mapping[str, Any], view: TicketView, *, in_full: bool = False) -> None:
    """The ticket. `data` is what `--json` prints, `view` what the console shows."""
    _print_head(view)
    _print_part("Did not arrive", _repairs(view))
    _print_part("Certificates", _certificates(data["certificates"]), empty="None is matched yet.")
    if data["list_digest"]:
        say(f"  The list that waits for approval: {data['list_digest']}")
    _print_part("Named in the mail", _named(view))
    _print_part("Not on the list, perhaps meant", _candidates(view))
    _print_part("Missing before it may be decided", _missing(view))
    _print_part("Call back only these, they are on file", _contacts(view))
    _print_part("Who sent it", _senders(view, in_full=in_full))
    _print_part("Orders", _orders(data))
    _print_part("Deadlines", _deadlines(view))
    _print_part("Said", _conversation(view.conversation, in_full=in_full))
    _print_part("Happened", _history(view.timeline, in_full=in_full))


def print_certificates(certificates: Sequence[Mapping[str, Any]]) -> None:
    """The list that is decided and approved, with what to look out for."""
    _print_part("Certificates", _certificates(certificates), empty="None is matched yet.")


def _print_part(title: str, lines: Iterator[str], *, empty: str = "") -> None:
    shown = list(lines) or ([f"  {empty}"] if empty else [])
    if shown:
        say(f"\n{title}")
        for line in shown:
            _print_line(line)


def _print_line(line: str) -> None:
    """Broken between words on a terminal, and in again as far as it stands in; whole where a program reads it."""
    if not out.is_terminal:
        say(line)
        return
    text = line.lstrip(" ")
    out.print(Padding(Text(text), (0, 0, 0, len(line) - len(text))))


def _print_head(view: TicketView) -> None:
    ticket = view.ticket
    state = translate(ticket["state"], EN)
    say(f"{ticket['number']}  {ticket['urgency']}  {state}  {translate(ticket['case_class'], EN)}")
    say(shown_line(ticket["subject"]) or "(no subject)")
    assurance, _ = explain("assurance", ticket["assurance"], EN)
    say(f"From {shown_line(ticket['requester']) or '(no certain sender)'}: {ticket['assurance']}, {assurance}")
    say(f"Received {_at(ticket['received_at'])}. {_taken(ticket)} Answers go out in {_language(ticket)}.")
    say(f"\n=> {view.next_step}")


def _taken(ticket: Mapping[str, Any]) -> str:
    return f"Taken by {ticket['assignee']}." if ticket["assignee"] else "Nobody has taken it."


def _language(ticket: Mapping[str, Any]) -> str:
    return translate(f"language:{ticket['language']}", EN)


def _certificates(certificates: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for entry in certificates:
        reason = f", {entry['reason']}" if entry["reason"] else ""
        if entry["asked_reason"] and entry["asked_reason"] != entry["reason"]:
            reason += f" (asked for: {entry['asked_reason']})"
        state = translate(f"request:{entry['state']}", EN)
        name = shown_line(entry["common_name"]) or "(no common name)"
        yield f"  {entry['request']}: {name}  …{entry['serial_tail']}  {state}{reason}"
        yield f"     {shown_line(entry['holder']) or 'no holder on file'}, {_validity(entry)}"
        yield from _effect(entry)
        for warning in entry["warnings"]:
            yield f"     ! {warning['sentence']}"
        if entry["legal_hold"]:
            yield f"     ! {entry['legal_hold']}"
        if entry["held_because"]:
            yield f"     Taken back or put off: {shown_line(entry['held_because'])}"


def _effect(entry: Mapping[str, Any]) -> Iterator[str]:
    """What stops working, and what is there instead."""
    if entry["state"] not in UNDECIDED:
        return
    effect = entry["effect"]
    hosts = ", ".join(map(shown_line, entry["host_names"][:MOST_HOSTS]))
    more = f" and {len(entry['host_names']) - MOST_HOSTS} more" if len(entry["host_names"]) > MOST_HOSTS else ""
    kind = translate(f"type:{effect['type']}", EN)
    yield f"     Stops working{' (test)' if effect['is_test'] else ''}: {kind} {hosts}{more}".rstrip()
    count = effect["others_of_holder"]
    others = "the holder has " + counted(count, "one other valid certificate", "{n} other valid certificates")
    if effect["replacement"]:
        since = f"{effect['replacement']['not_before']:%Y-%m-%d}"
        yield f"     Replaced by {whole_octets(effect['replacement']['serial'])} since {since}; {others}"
    else:
        yield f"     No replacement on file; {others}"


def _validity(entry: Mapping[str, Any]) -> str:
    if not entry["not_after"]:
        return "validity not known"
    begins = f"{entry['not_before']:%Y-%m-%d}" if entry["not_before"] else "?"
    return f"valid {begins} … {entry['not_after']:%Y-%m-%d}"


def _named(view: TicketView) -> Iterator[str]:
    for reference in view.judgement.get("references", ()):
        yield f"  {reference['kind'].replace('_', ' ')} {shown_line(reference['value'])}"


def _candidates(view: TicketView) -> Iterator[str]:
    for candidate in view.candidates:
        certificate = candidate.certificate
        why = " ".join(explain("why", word, EN)[0] for word in candidate.why)
        yield f"  id:{certificate.id}  {shown_line(certificate.common_name)}  …{certificate.serial.tail}  {why}"


def _missing(view: TicketView) -> Iterator[str]:
    # What the policy asks is looked at anew; the mail's own needs are as they were when it came.
    if view.ticket["outcome"] != "matched" and "certificate" in view.judgement.get("needs", ()):
        yield f"  {NEEDS['certificate']}"
    for demand in view.unmet:
        yield f"  {explain('policy', demand.rule, EN)[0]}"


def _repairs(view: TicketView) -> Iterator[str]:
    for repair in view.repairs:
        status = f" ({shown_line(repair.status)})" if repair.status else ""
        template = f", {translate(repair.template, EN)}" if repair.template else ""
        yield f"  {shown_line(repair.address)}: {translate(repair.trouble, EN)}{status}{template}"
        if repair.told_instead:
            yield f"     sent instead to {', '.join(map(shown_line, repair.told_instead))}"


def _contacts(view: TicketView) -> Iterator[str]:
    if view.is_closed and not view.repairs:
        return
    for account in view.holders:
        yield f"  {shown_line(account.organisation)} ({account.business_id})"
        for contact in view.contacts_of(account):
            roles = ", ".join(sorted(contact.roles))
            yield f"    {contact.phone or '(no phone)'}  {shown_line(contact.name)}  {contact.email}  {roles}"


def _senders(view: TicketView, *, in_full: bool) -> Iterator[str]:
    for one in view.senders if in_full else view.senders[:1]:
        for name, said in one.rows:
            yield f"  {name}: {shown_line(said)}"
        if in_full:
            yield from (f"    {shown_line(record)}" for record in one.records)


def _orders(data: Mapping[str, Any]) -> Iterator[str]:
    for order in data["orders"]:
        seen = [f"{kind} {_at(order[f'{kind.lower()}_visible_at'])}" for kind in ("CRL", "OCSP")]
        state = translate(f"order:{order['state']}", EN)
        seen += ["change of the reason"] if order["is_update"] else []
        yield f"  {order['id']}: …{SerialNumber.from_hex(order['serial']).tail}  {state}  {', '.join(seen)}"
    for row in data["put_off"]:
        again = f"attempt {row['attempt']} failed, next {_at(row['next_attempt_at'])}"
        yield f"  {row['kind'].replace('_', ' ')}: {again}: {row['last_error']}"


def _deadlines(view: TicketView) -> Iterator[str]:
    for row in view.running:
        left = due(row["due_at"], view.now, EN).replace("\N{NO-BREAK SPACE}", " ")
        clock = translate(f"clock:{row['kind']}", EN)
        yield f"  {clock}: {left} ({_at(row['due_at'])})"


def _conversation(said: Sequence[Said], *, in_full: bool) -> Iterator[str]:
    for one in said:
        who = shown_line(one.who) if one.kind != "out" else "us"
        to = f" → {', '.join(map(shown_line, one.to))}" if one.to else ""
        head = " ".join(part for part in (one.detail, shown_line(one.subject)) if part)
        yield f"--- {one.kind}  {_at(one.at)}  {who}{to}  {head}".rstrip()
        if in_full or not one.is_folded:
            yield shown_text(one.text).strip()


def _history(timeline: Sequence[Happened], *, in_full: bool) -> Iterator[str]:
    shown = timeline if in_full else timeline[:LATEST]
    if len(shown) < len(timeline):
        yield f"  {len(timeline) - len(shown)} earlier ones: sulku ticket show --all"
    for one in reversed(shown):
        details = "; ".join(shown_line(translate(detail, EN)) for detail in one.details)
        what = translate(one.what, EN) + (f": {details}" if details else "")
        yield f"  {_at(one.at)}  {one.who.removeprefix('user:')}: {what}"


def _at(at: datetime | None) -> str:
    return "not yet" if at is None else absolute(at, EN)
