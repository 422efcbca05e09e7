"""The project's own conformance cases: `cases.jsonl` has streams, and what an xterm-256color shows after each.

A case says what it wants of the screen (rows without the blanks at their ends, blank rows at the end left out), of
single cells ("" is the right half of a wide one) and their styles, of the cursor, of the properties that the adapter
tells, and of the answers. Text is compared in NFC. Bytes that are no UTF-8 stand in a stream as lone surrogates.
"""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from tests.conformance.adapter import run

LINES = (Path(__file__).parent / "cases.jsonl").read_text(encoding="utf-8").splitlines()
CASES: list[dict[str, Any]] = [json.loads(line) for line in LINES]


def shown_after(case: dict[str, Any], *, cut: int | None) -> dict[str, Any]:
    """Return what the terminal shows after a case's stream, given to it in pieces of so many bytes."""
    stream = base64.b64encode(case["stream"].encode("utf-8", "surrogateescape")).decode()
    return run({"rows": case["rows"], "cols": case["columns"], "bytes_b64": stream, "chunk": cut})


def screen_of(shown: dict[str, Any]) -> list[str]:
    rows = [normalize("NFC", row).rstrip() for row in shown["rows"]]
    while rows and not rows[-1]:
        rows.pop()
    return rows


def style_of(shown: dict[str, Any], row: int, column: int) -> dict[str, Any]:
    styles = [style for count, style in shown["attrs"][row] for _ in range(count)]
    style: dict[str, Any] = styles[column]
    return style


def found(case: dict[str, Any], shown: dict[str, Any]) -> dict[str, Any]:
    """Return what a case asks for, as the terminal shows it."""
    expected = case["expected"]
    answers = base64.b64decode(shown["replies_b64"]).decode()
    answer = re.search(expected.get("reply_pattern", "$"), answers)
    probes: dict[str, Callable[[], object]] = {
        "screen": lambda: screen_of(shown),
        "screen_rows": lambda: {row: shown["rows"][int(row)].rstrip() for row in expected["screen_rows"]},
        "cursor": lambda: shown["cursor"],
        "cells": lambda: [
            [row, column, normalize("NFC", shown["cells"][row][column])] for row, column, _ in expected["cells"]
        ],
        "styles": lambda: [[row, column, style_of(shown, row, column)] for row, column, _ in expected["styles"]],
        "properties": lambda: {name: shown["props"][name] for name in expected["properties"]},
        "reply": lambda: answers[-len(expected["reply"]) :],
        "reply_pattern": lambda: expected["reply_pattern"] if answer else answers,
    }
    return {name: probes[name]() for name in expected}


@pytest.mark.parametrize("cut", [None, 7], ids=["whole", "in pieces of 7 bytes"])
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_terminal_shows_and_answers_what_the_case_says(case: dict[str, Any], cut: int | None) -> None:
    assert found(case, shown_after(case, cut=cut)) == case["expected"]


def test_every_case_has_a_name_of_its_own_and_asks_for_something() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES)
    assert all(case["expected"] for case in CASES)


@pytest.mark.parametrize("cut", [None, 7])
def test_a_long_string_that_means_nothing_is_passed_over(cut: int | None) -> None:
    case = {"rows": 6, "columns": 20, "stream": "\x1b]999;" + "z" * 70_000 + "\x07X"}
    assert screen_of(shown_after(case, cut=cut)) == ["X"]
