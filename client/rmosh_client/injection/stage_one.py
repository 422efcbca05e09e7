"""What a far side's Python is told on its command line: to say what it is, and to take the archive and run it.

The line stands in double quotes of sh, which stand in single quotes of any login shell: so there are no quotes in it,
nor anything else that these read, and every text that it needs is an argument.
"""

from typing import Final

from rmosh_client.injection.archive import PackedServer

#: What the far side prints on a line of its own, before it waits for the archive: its version and what it lacks.
WANTED_MARK: Final = "RMOSH-WANTED"

#: What stands before the archive: this, its size in bytes, its SHA-256, the module that unpacks it.
ARCHIVE_MARK: Final = "RMOSH-ARCHIVE"

#: Modules of Python that the server needs; a Python may be built without the ones in C, and Debian's python3-minimal
#: lacks most.
NEEDED_MODULES: Final = (
    "zlib", "_ctypes", "_socket", "fcntl", "termios", "dataclasses", "selectors", "argparse", "json",
)  # fmt: skip

#: Modules in C that unpack an archive, by the names of those that use them.
UNPACKING_MODULES: Final = {"bz2": "_bz2", "lzma": "_lzma", "zlib": "zlib"}

_ASKED: Final = " ".join(dict.fromkeys((*NEEDED_MODULES, *UNPACKING_MODULES.values())))

#: Reads nothing beyond the archive: a buffer of one byte is filled by no more.
_PROGRAM: Final = (
    "import io,sys,hashlib,importlib as i,importlib.util as u; a=sys.argv; "
    "print(a[1]%(sys.version_info[:3]+(a[2].join(m for m in a[3].split() if not u.find_spec(m)),)),flush=True); "
    "f=io.BufferedReader(io.FileIO(0,closefd=False),1); "
    "w=next((w for w in (l.split() for l in iter(f.readline,bytes())) if w[:1]==[a[4].encode()]),0) or sys.exit(1); "
    "d=f.read(int(w[1])); "
    "hashlib.sha256(d).hexdigest().encode()==w[2] or sys.exit(a[5]); "
    "p=i.import_module(w[3].decode()).decompress(d); "
    "exec(p[:p.index(0)]); "
    "run(p,a[6:])"
)

#: What follows the name of a Python in a line for sh; the words for `rmosh-server` follow.
STAGE_ONE: Final = (
    f'-I -c "{_PROGRAM}" "{WANTED_MARK} python=%d.%d.%d missing=%s" , "{_ASKED}" {ARCHIVE_MARK} '
    '"rmosh-server: the archive came damaged"'
)


def sent(archive: PackedServer) -> bytes:
    """Return what the far side is sent when it has printed its mark."""
    line = f"{ARCHIVE_MARK} {len(archive.data)} {archive.sha256} {archive.packing}\n"
    return line.encode() + archive.data
