"""Speaks HTTP with a CA, and tells apart what went wrong: our settings, the CA for now, or the order for ever."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx2

from sulku_kernel.errors import ConfigurationError
from sulku_revocation.bounded_http import Answer, FetchError, ask, http_client
from sulku_revocation.ca.adapter_settings import AdapterSettings
from sulku_revocation.ca.authority import TryLater

LARGEST_ANSWER = 1_000_000  # bytes: one certificate and what is said of it
LARGEST_LIST = 64_000_000  # bytes: a register in one answer
LONGEST_WAIT = timedelta(hours=1)  # what a CA may ask for; a revocation is not put off for longer
LONGEST_QUOTE = 200  # characters of a CA's own words in a message


class CaHttp:
    """HTTP to the CA of `settings`: bounded in time and size, no proxy or CA bundle of the environment, no redirects.

    Safe for several threads at once. No header, and so no credential, is ever in a message.
    """

    def __init__(self, settings: AdapterSettings, tls: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._base = settings.url.rstrip("/")
        self._client = http_client(tls)

    @property
    def settings(self) -> AdapterSettings:
        return self._settings

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def ask(
        self,
        method: str,
        where: str,
        *,
        plain: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        limit: int = LARGEST_ANSWER,
    ) -> Answer:
        """The answer, whatever its status; `where` is a path under the CA's address, or an address of its own.

        `plain` is sent as JSON. Raises TryLater without an answer and ConfigurationError for an address that is none.
        """
        content = body if plain is None else json.dumps(plain).encode()
        all_headers = {} if content is None else {"Content-Type": "application/json"}
        all_headers.update(headers or {})
        url = where if "://" in where else self._base + where
        try:
            request = self._client.build_request(method, url, content=content, headers=all_headers)
        except (httpx2.InvalidURL, ValueError) as error:
            raise self.wrong(f"{url}: {error}", "Correct the url of this CA.") from error
        try:
            return ask(self._client, request, limit=limit)
        except FetchError as error:
            raise TryLater(str(error), next_step=f"Check that CA {self._settings.name!r} runs and its url.") from error

    def wrong(self, what: str, next_step: str) -> ConfigurationError:
        """Our own fault, which waits until somebody puts it right."""
        return ConfigurationError(f"[{self._settings.section}] {what}", next_step=next_step)


def read_object(answer: Answer) -> dict[str, Any]:
    """The JSON object of an answer. Raises TryLater for anything else: garbage is never taken for an answer."""
    try:
        plain = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise TryLater(f"the CA's answer with status {answer.status} is no JSON") from error
    if not isinstance(plain, dict):
        raise TryLater(f"the CA's answer with status {answer.status} is not what was asked for")
    return plain


def not_now(answer: Answer) -> TryLater:
    """An answer that decides nothing."""
    return TryLater(f"the CA answered with status {answer.status}", after=retry_after(answer))


def retry_after(answer: Answer) -> timedelta | None:
    """What the CA asked for, in seconds; its form as a date is not read (RFC 9110, 10.2.3)."""
    text = answer.headers.get("retry-after", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        return None
    return min(timedelta(seconds=int(text)), LONGEST_WAIT)


def quoted(words: object) -> str:
    """A CA's own words, short and on one line, for a message."""
    return " ".join(str(words).split())[:LONGEST_QUOTE]
