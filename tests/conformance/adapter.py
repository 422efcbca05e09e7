#!/usr/bin/env python3
"""The emulator as an adapter of the conformance harness: one JSON case a line in, one JSON screen a line out."""

import base64
import json
import sys
import traceback
from typing import Any

from rmosh.terminal.cells import TRUECOLOR, Attribute, Cell, Frame, Row
from rmosh.terminal.emulator import Emulator

_FLAGS = {
    "bold": Attribute.BOLD,
    "dim": Attribute.DIM,
    "italic": Attribute.ITALIC,
    "blink": Attribute.BLINK,
    "reverse": Attribute.REVERSE,
    "hidden": Attribute.HIDDEN,
    "strike": Attribute.STRIKE,
}

_SHAPES = {0: "block", 1: "block", 2: "block", 3: "underline", 4: "underline", 5: "bar", 6: "bar"}


def run(case: dict[str, Any]) -> dict[str, Any]:
    """Play one case and describe what the terminal shows."""
    emulator = Emulator(rows=case["rows"], columns=case["cols"], answers_checksums=True)
    replies = b""
    for operation in case.get("ops") or [["write", case["bytes_b64"]]]:
        if operation[0] == "resize":
            emulator.resize(rows=operation[2], columns=operation[1])
            continue
        data = base64.b64decode(operation[1])
        size = case.get("chunk") or len(data) or 1
        for start in range(0, len(data), size):
            emulator.feed(data[start : start + size])
            replies += emulator.take_replies()
    return {**describe(emulator.frame()), "replies_b64": base64.b64encode(replies).decode()}


def describe(frame: Frame) -> dict[str, Any]:
    """Return a frame in the harness's words."""
    modes = frame.modes
    return {
        "rows": ["".join(cell.text for cell in row.cells) for row in frame.rows],
        "cells": [[cell.text for cell in row.cells] for row in frame.rows],
        "attrs": [_runs(row) for row in frame.rows],
        "wrapped": [row.wrapped for row in frame.rows],
        "cursor": [frame.cursor.row, frame.cursor.column],
        "props": {
            "title": frame.title,
            "icon_name": frame.icon_name,
            "clipboard": frame.clipboard.content.decode("utf-8", "replace"),
            "alt_screen": modes.alternate_screen,
            "cursor_visible": frame.cursor.visible,
            "cursor_shape": _SHAPES[frame.cursor.shape],
            "mouse": modes.mouse or None,
            "mouse_encoding": modes.mouse_encoding or None,
            "focus": modes.focus_events,
            "bracketed_paste": modes.bracketed_paste,
            "app_cursor": modes.application_cursor,
            "app_keypad": modes.application_keypad,
            "reverse_screen": modes.reverse_screen,
        },
    }


def _runs(row: Row) -> list[list[Any]]:
    runs: list[list[Any]] = []
    for cell in row.cells:
        attributes = _attributes(cell)
        if runs and runs[-1][1] == attributes:
            runs[-1][0] += 1
        else:
            runs.append([1, attributes])
    return runs


def _attributes(cell: Cell) -> dict[str, Any]:
    style = cell.style
    found: dict[str, Any] = {name: True for name, flag in _FLAGS.items() if style.attributes & flag}
    found["fg"] = _colour(style.foreground)
    found["bg"] = _colour(style.background)
    found["ulc"] = _colour(style.underline_colour)
    found["ul"] = style.underline or None
    found["link"] = style.link.partition(";")[2] or None
    return {name: value for name, value in found.items() if value is not None}


def _colour(colour: int | None) -> int | str | None:
    if colour is None or not colour & TRUECOLOR:
        return colour
    return f"#{colour & 0xFFFFFF:06x}"


if __name__ == "__main__":
    for line in sys.stdin:
        try:
            answer = run(json.loads(line))
        except Exception:  # the harness wants every failure as an answer
            answer = {"error": traceback.format_exc(limit=-2)}
        print(json.dumps(answer), flush=True)
