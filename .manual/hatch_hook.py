"""Has hatchling put the man pages into the wheel, made anew for each build."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManualHook(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the pages; they are read from the source tree, which needs nothing but Python for that."""
        self._folder = tempfile.TemporaryDirectory(prefix="rmosh-manual-")
        sources = [str(Path(self.root) / part) for part in (".manual", ".", "client", "server", "netem")]
        sys.path[:0] = sources
        sys.dont_write_bytecode = True
        from pages import write_pages

        build_data["shared_data"].update(write_pages(Path(self._folder.name)))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove them."""
        self._folder.cleanup()
