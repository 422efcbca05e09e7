"""Local echo prediction over the screen model: Predictor and its statistics.

Imports `rmosh.terminal.cells` and `rmosh.terminal.width` only: it knows no transport and no session. Here a shell's
echo comes half a second after its key, and from the second key on none waits for it:

>>> from rmosh.prediction import PredictMode, Predictor
>>> from rmosh.terminal.emulator import Emulator
>>> shell, predictor = Emulator(rows=1, columns=20), Predictor(PredictMode.ALWAYS)
>>> shell.feed(b"$ ")
>>> predictor.screen_changed(shell.frame(), input_offset=0, now=0.0)
>>> for offset, key in enumerate([b"d", b"a", b"t", b"e"], start=1):
...     predictor.typed(key, input_offset=offset, now=float(offset))
...     print("".join(cell.text for cell in predictor.overlay().rows[0].cells).rstrip())
...     shell.feed(key)
...     predictor.screen_changed(shell.frame(), input_offset=offset, now=offset + 0.5)
$
$ da
$ dat
$ date

Stability: alpha. Names and arguments may change with any release 0.x; what is guessed may change with every release.
"""

from .painting import PredictMode
from .predictor import Predictor
from .underway import PredictionStatistics
from .unguessed import KeysUnguessed

__all__ = ["KeysUnguessed", "PredictMode", "PredictionStatistics", "Predictor"]
