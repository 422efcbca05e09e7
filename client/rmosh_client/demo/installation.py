"""Where this rmosh was installed from, and so how it gets onto a host."""

import json
import shlex
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

#: What a host does with the source on its standard input: an environment of its own, as many systems keep pip out of
#: theirs (PEP 668), and the server where `rmosh` looks for it.
_ON_THE_HOST: Final = (
    "mkdir -p ~/.rmosh/src ~/.local/bin && tar -xzC ~/.rmosh/src &&",
    "python3 -m venv ~/.rmosh && ~/.rmosh/bin/pip install -q ~/.rmosh/src &&",
    "ln -sf ~/.rmosh/bin/rmosh-server ~/.local/bin",
)


def how_to_install() -> str:
    """Return how to go on from a demo to a host of one's own."""
    source = source_directory()
    if source is None:
        return "Now install it on your host, as it was installed here; then: rmosh HOST"
    remote = "\n        ".join(_ON_THE_HOST)
    return (
        "Now install it on your host (HOST: what you would give to ssh):\n\n"
        f"    tar -cz --exclude=.git --exclude=.venv -C {shlex.quote(str(source))} . | ssh HOST '\n        {remote}'\n"
        "    rmosh HOST\n"
    )


def source_directory() -> Path | None:
    """Return the checkout that this was installed from; None where it was none, or is gone.

    Source: PEP 610, direct_url.json.
    """
    try:
        origin = json.loads(distribution("rmosh").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return None
    address = urlsplit(str(origin.get("url", "")))
    directory = Path(unquote(address.path))
    if address.scheme != "file" or not (directory / "pyproject.toml").is_file():
        return None
    return directory
