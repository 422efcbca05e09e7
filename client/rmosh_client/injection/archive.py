"""The server as one packed archive, for a host where it is not installed.

What is unpacked is the source of `rmosh_server/archived/importer.py`, an index and the sources, with a NUL between.
It is made of the installed sources, which takes about half a second, and kept in the user's cache by their hash.
"""

import hashlib
import importlib
from collections.abc import Mapping
from typing import Any, Final

from rmosh import __version__
from rmosh.lazy_dataclass import dataclass
from rmosh_client.injection.closure import Module, Sources, closure
from rmosh_client.injection.kept_archives import keep, kept
from rmosh_client.injection.width_source import WIDTH_TABLE, width_source

#: Longest archive in bytes, packed the best way. Reason: an uplink of 1 Mbit/s carries it in 1.5 s; an eighth of it is
#: what serves streams, which a host must have before it can be asked for more.
MAX_ARCHIVE_BYTES: Final = 187_000

#: Modules of Python that pack and unpack it, the better first. Reason: zlib makes a fifth more of it, but no Python
#: that can run the server is without.
PACKINGS: Final = ("bz2", "lzma", "zlib")

#: What the far side begins with: the command, and what serves a session.
_COMMAND: Final = "rmosh_server.archived.entry"
_SERVING: Final = "rmosh_server.serving.__main__"
_IMPORTER: Final = "rmosh_server.archived.importer"

#: The packages that it is made of, and what each is installed as here; Python has a parser of TOML since 3.11.
_PACKAGES: Final = {
    "rmosh": ("rmosh",),
    "rmosh_server": ("rmosh_server",),
    "tomli": ("tomllib", "tomli"),
}

#: What no server from memory loads: it serves one session, keeps no port for others, and is never a client.
_LEFT_OUT: Final = (
    "rmosh_server.fork_server",
    "rmosh_server.port.main",
    "rmosh_server.command.forked_process",
    "rmosh_server.serving.forked_session",
    "rmosh.channels.history.receiver",
    "rmosh.channels.input.sender",
    "rmosh.channels.screen.receiver",
)

#: What makes it, so that another way of making it makes another one.
_MAKERS: Final = {"injection": (__package__,)}


@dataclass(frozen=True, slots=True)
class PackedServer:
    """The server, packed.

    Attributes:
        data: what goes over the wire, behind a line that tells of it.
        sha256: of the data, in hexadecimal digits.
        version: of rmosh.
        packing: the module of Python that unpacks it.
    """

    data: bytes
    sha256: str
    version: str
    packing: str


def packed_server(environ: Mapping[str, str], *, packing: str = PACKINGS[0]) -> PackedServer:
    """Return the archive of the installed server, kept or made.

    Args:
        environ: tells where the user's cache is.
        packing: one of `PACKINGS`.

    Raises:
        OSError: its sources are not there.
    """
    sources = Sources(_PACKAGES, left_out=_LEFT_OUT)
    digest = hashlib.sha256(packing.encode())
    for path in (*sources.files(), *Sources(_MAKERS).files()):
        with open(path, "rb") as opened:
            digest.update(hashlib.sha256(opened.read()).digest())
    name = f"{digest.hexdigest()[:32]}.{packing}"
    data = kept(environ, name)
    if data is None:
        data = _packed(payload_of(sources), packing)
        keep(environ, name, data)
    return PackedServer(data, hashlib.sha256(data).hexdigest(), __version__, packing)


def payload_of(sources: Sources) -> bytes:
    """Return what is unpacked on the far side."""
    everything = closure(sources, [_COMMAND, _SERVING, _IMPORTER])
    importer = everything.pop(_IMPORTER)
    table = everything[WIDTH_TABLE]
    everything[WIDTH_TABLE] = Module(table.name, width_source(), table.is_package, ())
    serving = closure(sources, [_SERVING])
    index, parts = [], []
    for name, module in everything.items():
        source = module.source.encode()
        index.append(f"{name} {'p' if module.is_package else 'm'} {'s' if name in serving else '-'} {len(source)}")
        parts.append(source)
    return b"\0".join((importer.source.encode(), "\n".join(index).encode(), b"".join(parts)))


def _packed(payload: bytes, packing: str) -> bytes:
    module: Any = importlib.import_module(packing)
    return bytes(module.compress(payload))
