"""The one door to pyte: its names for control codes, final characters, modes and character sets.

Importing the package `pyte` runs its screens, and with them wcwidth's tables (some 25 ms and 4 MB that an idle
server need not pay). Only its small modules of constants are wanted here, so they are imported under a stand-in
package that has pyte's search path but runs none of its code.
"""

import importlib
import importlib.util
import sys
from types import ModuleType


def _import_beside(package: str, *names: str) -> list[ModuleType]:
    """Import submodules of a package without running the package's own `__init__`."""
    if package in sys.modules:
        return [importlib.import_module(f"{package}.{name}") for name in names]
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise ModuleNotFoundError(f"no module named {package!r}", name=package)
    sys.modules[package] = importlib.util.module_from_spec(spec)
    try:
        return [importlib.import_module(f"{package}.{name}") for name in names]
    finally:
        for name in (package, *(f"{package}.{name}" for name in names)):
            sys.modules.pop(name, None)


charsets, control, escape, modes = _import_beside("pyte", "charsets", "control", "escape", "modes")
