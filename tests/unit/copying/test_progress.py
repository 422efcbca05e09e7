"""The line that shows how a copy goes, in windows of any width."""

import io

import pytest
from rich.console import Console

from rmosh_client.copying.progress import Bar

_NAME = "many/a_rather_long_name_that_goes_on_and_on_2026_backup.tar.gz"


def lines_of(*names: str, columns: int) -> list[str]:
    """Return what is shown in the end of a copy of these, a megabyte each."""
    written = io.StringIO()
    bar = Bar(Console(file=written, width=columns, force_terminal=True, color_system=None, legacy_windows=False))
    for name in names:
        bar.begins(name, 1_000_000)
        bar.moved(1_000_000)
    bar.stop()
    return written.getvalue().rstrip("\n").split("\x1b[2K")[-1].replace("\x1b[?25h", "").split("\n")


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
@pytest.mark.parametrize("names", [("zero",), (_NAME,), (*[_NAME] * 200, "x")])
def test_it_is_one_line_with_name_size_and_time_in_it(columns: int, names: tuple[str, ...]) -> None:
    [line] = [line for line in lines_of(*names, columns=columns) if line.strip()]
    assert len(line) <= columns
    assert f"{len(names)}.0/{len(names)}.0 MB" in line and line.rstrip().endswith("00:00")


def test_a_long_name_is_cut_at_its_beginning_and_several_files_are_counted() -> None:
    line = lines_of(_NAME, columns=80)[0]
    assert line.startswith("…") and "backup.tar.gz" in line
    assert lines_of("one", "two", columns=80)[0].startswith("2 files ")


def test_nothing_is_shown_where_nothing_begins() -> None:
    assert lines_of(columns=80) == [""]
