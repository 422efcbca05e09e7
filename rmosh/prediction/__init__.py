"""Local echo prediction over the screen model: Predictor and its statistics.

Imports `rmosh.terminal.cells` and `rmosh.terminal.width` only: it knows no transport and no session.
"""

from .display import PredictMode
from .predictor import Predictor
from .underway import PredictionStatistics

__all__ = ["PredictMode", "PredictionStatistics", "Predictor"]
