"""How commands speak: text for people, `--json` for machines, errors with the next step, meaningful exit codes."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sulku_desk.cli.faults import in_plain_words
from sulku_kernel.columns import json_value
from sulku_kernel.errors import (
    CompromisedKeyError,
    ConfigurationError,
    ConflictError,
    IllegalTransitionError,
    InputError,
    NotAllowedError,
    NotFoundError,
    SulkuError,
    UnavailableError,
)

# Generated into docs/exit-codes.md. 2 is also what a misspelt option gives.
EXIT_CODES: tuple[tuple[type[SulkuError], int, str], ...] = (
    (NotFoundError, 3, "what was named does not exist"),
    (InputError, 2, "something that was given is wrong; nothing was changed"),
    (NotAllowedError, 4, "the one who is logged in may not do this"),
    (IllegalTransitionError, 5, "not possible in the present state"),
    (ConflictError, 5, "somebody else changed it in the meantime"),
    (UnavailableError, 6, "something we depend on does not answer"),
    (ConfigurationError, 7, "a setting is missing or wrong"),
    (CompromisedKeyError, 8, "a key that was asked about is compromised or weak"),
    (SulkuError, 1, "any other error"),
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]

_READABLE, _GAP = 14, 2  # characters: of a column that may be broken, and between two columns

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

P = ParamSpec("P")
R = TypeVar("R")


def exit_code(error: SulkuError) -> int:
    """The exit code of an error: the first class of the table that fits."""
    return next(code for kind, code, _ in EXIT_CODES if isinstance(error, kind))


def speaks_plainly(command: Callable[P, R]) -> Callable[P, R]:
    """Turn an error of ours into a sentence, its next step and an exit code; with `--json` into an object on stderr."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except SulkuError as error:
            raise _told(error, as_json=bool(kwargs.get("json_", False))) from None
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:
            plain = in_plain_words(error)
            if plain is None:
                raise
            raise _told(plain, as_json=bool(kwargs.get("json_", False))) from None

    return wrapped


def _told(error: SulkuError, *, as_json: bool) -> typer.Exit:
    """Say the error and its next step; what to raise then."""
    if as_json:
        sys.stderr.write(json.dumps({"error": str(error), "next_step": error.next_step}, ensure_ascii=False) + "\n")
    else:
        # Not wrapped: a path that was cut in two cannot be copied.
        err.print(Text(f"Error: {error}", style="bold red"), soft_wrap=True)
        if error.next_step:
            err.print(Text(error.next_step), soft_wrap=True)
    return typer.Exit(exit_code(error))


def emit(data: Any, *, as_json: bool, text: Callable[[], None]) -> None:
    """Print `data` as one JSON value, or call `text` to print it for people."""
    if as_json:
        sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2, default=json_value) + "\n")
    else:
        text()


def print_table(
    columns: tuple[str, ...], rows: list[tuple[Any, ...]], *, empty: str, whole: tuple[str, ...] = ()
) -> None:
    """A table, or the sentence `empty`. Cells are text as it is: brackets in a subject are no mark-up.

    Nothing is cut. The columns in `whole` are not broken either, however narrow the terminal: somebody copies from
    them. Where they do not fit beside the others, each row stands below the one before, a line for each column.
    """
    if not rows:
        out.print(empty)
        return
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if _narrowest(columns, cells, whole) > out.width:
        _print_one_below_the_other(columns, cells)
        return
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0))
    for column in columns:
        table.add_column(column, no_wrap=column in whole, overflow="fold")
    for row_ in cells:
        table.add_row(*map(Text, row_))
    out.print(table)


def _narrowest(columns: tuple[str, ...], rows: list[list[str]], whole: tuple[str, ...]) -> int:
    """How wide the table must be for its whole columns and something of the others."""
    widths = [max(map(cell_len, cells)) for cells in zip(columns, *rows, strict=True)]
    wanted = [width if name in whole else min(width, _READABLE) for name, width in zip(columns, widths, strict=True)]
    return sum(wanted) + _GAP * (len(columns) - 1)


def _print_one_below_the_other(columns: tuple[str, ...], rows: list[list[str]]) -> None:
    width = max(map(len, columns))
    for row in rows:
        for column, cell in zip(columns, row, strict=True):
            if cell:
                say(f"{column:<{width}}  {cell}")
        say("")


def counted(count: int, one: str, several: str) -> str:
    """A sentence about so many: `one` for one alone, else `several` with the number for its `{n}`."""
    return one if count == 1 else several.format(n=f"{count:,}")


def say(sentence: str) -> None:
    """One line for people, without mark-up."""
    out.print(Text(sentence), soft_wrap=True)
