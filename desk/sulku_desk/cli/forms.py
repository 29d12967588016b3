"""`sulku forms`: the desk's own forms as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sulku_desk.cli.opening import opened
from sulku_desk.cli.output import Json, emit, say, speaks_plainly

app = typer.Typer(no_args_is_help=True, help="The desk's own forms, to be filled in and sent by mail.")


@app.command()
@speaks_plainly
def write(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to put them; files of the same names go.")],
    json_: Json = False,
) -> None:
    """Write the revocation form as a PDF that can be filled in, in Finnish, Swedish and English."""
    from sulku_desk.who_we_are import common_words
    from sulku_kernel.language import Language
    from sulku_templates.revocation_form import file_name, render_form

    with opened() as instance:
        common = common_words(instance.settings)
    folder.mkdir(parents=True, exist_ok=True)
    files = {language: folder / file_name(language) for language in Language}
    for language, file in files.items():
        file.write_bytes(render_form(language, common))
    names = [str(file) for file in files.values()]
    emit({"files": names}, as_json=json_, text=lambda: say("\n".join(names)))
