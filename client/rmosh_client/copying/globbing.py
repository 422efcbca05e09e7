"""Which files a pattern means on a host: only names that the host has in the folder, and that fit the pattern here.

A host may lie about its names: what it tells is matched here, so `a*` never brings `.bashrc` (CVE-2019-6111).
"""

import fnmatch
import re
from typing import Final

from rmosh_client.copying.tree import FileKind, NotCopied, Tree, is_plain, joined

#: What makes a name a pattern. Source: glob(7).
_MAGIC: Final = re.compile(rb"[*?\[\\]")

#: Most files that one pattern may mean. Reason: a host that lies must not fill our memory; a command line has fewer.
_MOST: Final = 100_000


async def expanded(tree: Tree, pattern: bytes) -> list[bytes]:
    """Return the paths that a pattern means; the path itself where it is none, or is there as it is written.

    Raises:
        NotCopied: nothing fits.
    """
    if not _MAGIC.search(pattern) or await tree.look(pattern) is not None:
        return [pattern]
    start, parts = (b"/", pattern.strip(b"/").split(b"/")) if pattern.startswith(b"/") else (b"", pattern.split(b"/"))
    found = [start]
    for number, part in enumerate(parts):
        found = [path for base in found for path in await _step(tree, base, part, is_last=number == len(parts) - 1)]
        if len(found) > _MOST:
            raise NotCopied(f"{tree.shown(pattern)}: more than {_MOST} files fit")
    return found


async def _step(tree: Tree, base: bytes, part: bytes, *, is_last: bool) -> list[bytes]:
    """Return what a part of the pattern means below one path."""
    if not _MAGIC.search(part):
        path = _below(base, part)
        return [path] if not is_last or await tree.look(path) is not None else []
    folder = await tree.look(base or b".")
    if folder is None or folder.kind is not FileKind.FOLDER:
        return []
    fits = re.compile(fnmatch.translate(_with_brackets(part)).encode("latin-1"), re.DOTALL)
    names = [name for name in await tree.names(base or b".") if is_plain(name) and fits.match(name)]
    return [_below(base, name) for name in names if not name.startswith(b".") or part.startswith(b".")]


def _with_brackets(part: bytes) -> str:
    """Return a pattern as fnmatch takes it: it has no backslash, and each byte is a character of its own."""
    return re.sub(r"\\(.)", lambda escaped: f"[{escaped[1]}]", part.decode("latin-1"), flags=re.DOTALL)


def _below(base: bytes, name: bytes) -> bytes:
    return joined(base, name) if base else name
