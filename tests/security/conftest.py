"""Lets the tests here use the virtual world's session."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "world"))
