"""The two functions that the distribution rmosh-compiled has in C, where it is installed; nothing needs it.

Each does what Python code here does too; that is used where there is no such distribution, or one of another version.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from rmosh import __version__

#: What output of a program does until Python is needed: `scan` of rmosh/in_c/rmosh_compiled.pyi.
Scan: TypeAlias = Callable[[bytes, int, int, int, int, set[str], list[Any]], tuple[int, int, int, str, str]]

#: A row's signs as bytes for a terminal: `styled` of rmosh/in_c/rmosh_compiled.pyi.
Styled: TypeAlias = Callable[[str, str, Sequence[Any], Any, Any], bytes]


class Compiled(NamedTuple):
    """What is compiled: None where it is not, and Python's own way is taken.

    Attributes:
        told: what `--version` tells of it.
    """

    scan: Scan | None
    styled: Styled | None
    told: str


def find_compiled() -> Compiled:
    """Return what is installed here for this very version."""
    try:
        import rmosh_compiled
    except ModuleNotFoundError:
        return Compiled(None, None, "pure Python")
    except ImportError as error:
        return Compiled(None, None, f"pure Python: rmosh-compiled cannot be loaded: {error}")
    version = getattr(rmosh_compiled, "__version__", None)
    if version != __version__:
        told = f"pure Python: rmosh-compiled is of version {version}, which is not used"
        return Compiled(None, None, told)
    return Compiled(rmosh_compiled.scan, rmosh_compiled.styled, "compiled")


COMPILED: Final = find_compiled()
