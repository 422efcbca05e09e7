"""A pytest plugin that lets pyte's own tests find our screens where they look for pyte's."""

import pyte

from rmosh.terminal import HistoryScreen, Screen

pyte.Screen = pyte.DiffScreen = Screen  # type: ignore[misc, assignment]  # ours in its place
pyte.HistoryScreen = HistoryScreen  # type: ignore[misc, assignment]  # ours in its place
