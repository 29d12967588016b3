"""The signed link to an application's page: whoever has the link sees the stages and nothing else."""

from __future__ import annotations

from itsdangerous import BadSignature, URLSafeSerializer


class ApplicationLinks:
    """Makes and reads links. `key` is the instance's link key, `base_url` how people reach the console."""

    def __init__(self, key: bytes, base_url: str) -> None:
        self._serializer = URLSafeSerializer(key, salt="sulku application page v1")
        self._base_url = base_url.rstrip("/")

    def url(self, application_id: int) -> str:
        """The address of the page."""
        return f"{self._base_url}/application/{self._serializer.dumps(application_id)}"

    def read(self, token: str) -> int | None:
        """The application a token is for; None when we did not sign it."""
        try:
            value = self._serializer.loads(token)
        except BadSignature:
            return None
        return value if isinstance(value, int) else None
