"""Standard modules that are loaded only when somebody looks into them, though others import them at once.

`dataclasses` imports `inspect`, for signatures of classes without a docstring, and with it the parser and the
disassembler: a tenth of a session's memory and 5 ms of its start. Python 3.13's takes one function out of it.
"""

import sys
from types import ModuleType
from typing import Any, Final


class _Deferred(ModuleType):
    def __getattr__(self, name: str) -> Any:
        """Load the real module for the first attribute that is asked for, and become it."""
        if name.startswith("__"):
            raise AttributeError(name)
        del sys.modules[self.__name__]
        real = __import__(self.__name__)
        self.__dict__.update(real.__dict__)
        return getattr(real, name)


def defer(name: str) -> None:
    """Have a top-level module loaded at its first use, not at its import; what is offered below is no use."""
    if name not in sys.modules:
        sys.modules[name] = _Deferred(name)
        sys.modules[name].__dict__.update(_OFFERED.get(name, {}))


def _get_annotations(owner: type) -> dict[str, Any]:
    """Return the annotations of a class, its bases' left out. Source: inspect.get_annotations."""
    return dict(vars(owner).get("__annotations__", {}))


#: What is there of a module without loading it.
_OFFERED: Final[dict[str, dict[str, Any]]] = {"inspect": {"get_annotations": _get_annotations}}
