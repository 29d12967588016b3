"""A real browser on a real console: Debian's Chromium, driven by playwright, and uvicorn on a loopback port."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, sync_playwright

from tests.conftest import find_free_port
from tests.servers.programs import require_program


@contextmanager
def start_chromium() -> Iterator[Browser]:
    """A headless browser. As root it runs without its sandbox, which needs another user."""
    program = require_program("chromium")
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(program), args=[*flags, "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def serve_app(app: FastAPI, port: int | None = None) -> Iterator[str]:
    """Serve the app on loopback; gives its address."""
    port = port or find_free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, name="console")
    thread.start()
    try:
        _wait_until_it_answers(server, thread)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


def _wait_until_it_answers(server: uvicorn.Server, thread: threading.Thread) -> None:
    pause = threading.Event()
    for _ in range(1_000):
        if server.started or not thread.is_alive():
            return
        pause.wait(0.01)
    raise TimeoutError("the console did not start")
