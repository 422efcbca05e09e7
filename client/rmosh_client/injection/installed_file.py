"""The archive as a file for the next time: `python3 -I FILE WORDS` is `rmosh-server WORDS`.

It is a zip file with a `__main__.py`, as Python runs them, and the archive in it as it is. A session that was started
needs it no more, so another may take its place.
"""

import io
import zipfile
from dataclasses import dataclass
from typing import Final

from rmosh_client.injection.archive import PackedServer

#: Where the archive is in the file.
_MEMBER: Final = "archive"

#: A file is the same whenever it is made. Source: the earliest time that a zip file can tell.
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)

#: Digits of the archive's hash in a file's name.
_HASH_DIGITS: Final = 16

_MAIN: Final = """\
import sys, hashlib, {packing}
data = __loader__.get_data("{member}")
if hashlib.sha256(data).hexdigest() != "{sha256}":
    sys.exit("rmosh-server: " + sys.argv[0] + " was changed\\nhint: remove it; rmosh installs it anew with --install")
payload = {packing}.decompress(data)
exec(payload[:payload.index(0)])
run(payload, sys.argv[1:])
"""


@dataclass(frozen=True, slots=True)
class InstalledFile:
    """A file that runs the server.

    Attributes:
        name: of this version and content alone.
    """

    name: str
    data: bytes


def installed_file(server: PackedServer) -> InstalledFile:
    """Return the file that runs a packed server."""
    main = _MAIN.format(packing=server.packing, member=_MEMBER, sha256=server.sha256)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as file:
        file.writestr(zipfile.ZipInfo("__main__.py", _NO_TIME), main)
        file.writestr(zipfile.ZipInfo(_MEMBER, _NO_TIME), server.data)
    return InstalledFile(f"rmosh-server-{server.version}-{server.sha256[:_HASH_DIGITS]}.pyz", content.getvalue())
