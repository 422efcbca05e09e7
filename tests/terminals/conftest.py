"""Makes this folder's drivers and the models of `tests/unit/client_ui` importable."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "unit" / "client_ui")]
