"""Stock aiosmtpd with a handler that does nothing: what the durable listener is compared with."""

from __future__ import annotations

import asyncio
import sys

from aiosmtpd.smtp import SMTP


class Nothing:
    async def handle_DATA(self, *_: object) -> str:  # noqa: N802  aiosmtpd's name
        return "250 OK"


async def main(port: int) -> None:
    loop = asyncio.get_running_loop()
    handler = Nothing()
    server = await loop.create_server(lambda: SMTP(handler, loop=loop), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
