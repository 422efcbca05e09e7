"""The limits that rmosh wants to keep, by workload, figure and profile: read from TOML, built in or the user's."""

import sys
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Final

from ..errors import BadRequest
from .words import is_speed

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]  # where an older tree is measured

#: Limits by (workload, figure, profile).
Goals = Mapping[tuple[str, str, str], float]

#: The tool that the goals are for.
GOALS_OF: Final = "rmosh"


def read_goals(file: Path | None) -> Goals:
    """Read goals from `file`, or the built-in ones.

    Raises:
        BadRequest: the file cannot be read or understood.
    """
    where = str(file or "the built-in goals")
    try:
        text = (file or resources.files(__package__).joinpath("goals.toml")).read_text(encoding="utf-8")
        return dict(_limits(tomllib.loads(text), where))
    except (OSError, ValueError) as error:
        raise BadRequest(
            f"cannot read goals from {where}: {error}: write [workload.figure] and profile = limit"
        ) from error


def is_met(figure: str, value: float | None, goal: float) -> bool:
    """Say whether a figure keeps its goal, see `is_at_least`; what never came does not."""
    if value is None:
        return False
    return value >= goal if is_at_least(figure) else value <= goal


def is_at_least(figure: str) -> bool:
    """Say whether a figure's goal is the least that it may be."""
    return figure.endswith("_percent") or is_speed(figure)


def _limits(content: Mapping[str, object], where: str) -> list[tuple[tuple[str, str, str], float]]:
    limits = []
    for workload, figures in content.items():
        for figure, profiles in (figures if isinstance(figures, dict) else {"": None}).items():
            for profile, limit in (profiles if isinstance(profiles, dict) else {"": None}).items():
                if isinstance(limit, bool) or not isinstance(limit, (int, float)):
                    raise BadRequest(
                        f"{workload!r} in {where} is not a goal: write [workload.figure] and profile = limit"
                    )
                limits.append(((workload, figure, profile), float(limit)))
    return limits
