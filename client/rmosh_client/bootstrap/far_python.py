"""The part of the line for sh that helps itself where rmosh-server is not installed.

It looks for a Python that can run the server, which was kept there by `--install` or is sent now. Like all of the
line it has no single quotes, backslashes, `!` or newlines (see `remote_command.py`). Each Python that will not do is
told on a line of its own, with what it answered to the question and its status. What is kept there is run if it is
whole; a new one is sent in place of one that is damaged.
"""

from typing import Final

from rmosh_client.injection.stage_one import NEEDED_MODULES, STAGE_ONE

#: What a line begins with that names the Python that is asked now.
ASKED_MARK: Final = "RMOSH-ASKED"

#: What a line begins with that tells of a Python that will not do: its path and a colon, what it said, its status.
PYTHON_MARK: Final = "RMOSH-PYTHON"

#: What stands before that status, which is missing where more was said than is read.
STATUS: Final = "status="

#: What a line begins with that names a kept server which is damaged.
DAMAGED_MARK: Final = "RMOSH-DAMAGED"

#: What is said of the stand-in for Python that macOS has, which only opens a dialogue.
STAND_IN: Final = "xcode-select"

#: Where the server keeps itself, below the home; the first of the two that is wanted. Source: rmosh_server/archived.
KEPT_FOLDER: Final = ".local/lib/rmosh-server"
KEPT_FILE: Final = "rmosh-server.pyz"
_CURRENT: Final = "current"

#: Names of Python, the likeliest first, then from the newest down; 3.20 is some years off.
_NAMES: Final = ("python3", *(f"python3.{minor}" for minor in range(20, 7, -1)))

#: Where a Python may be that $PATH does not lead to: of the system, of software collections, and the user's own.
_PATHS: Final = (
    "/usr/bin/python3",
    "/usr/local/bin/python3",
    "/usr/libexec/platform-python",
    "/usr/pkg/bin/python3*",
    "/opt/*/bin/python3",
    "/opt/rh/*/root/usr/bin/python3",
    '"$HOME"/.local/bin/python3*',
    '"$HOME"/.pyenv/versions/*/bin/python3',
    '"$HOME"/.local/share/uv/python/*/bin/python3',
    '"$HOME"/*conda*/bin/python3',
    '"$HOME"/*forge*/bin/python3',
)

#: What a Python says of a kept server that is as it was written.
_WHOLE: Final = "whole"

#: Prints its version and what it lacks, and whether what is kept is whole: it ends with the hash of all before. Its
#: status says whether it will do. Runs on any Python 3. Source: rmosh_server/archived/keeping.py.
_QUESTION: Final = (
    "import sys, io, hashlib, importlib.util as u; a = sys.argv; "
    "lacks = [m for m in a[1].split() if not u.find_spec(m)]; d = io.FileIO(a[2]).read() if a[2] else bytes(); "
    "print(sys.version.split()[0], *lacks + [a[3]] * (d[-64:] == hashlib.sha256(d[:-64]).hexdigest().encode())); "
    "sys.exit(sys.version_info < (3, 8) or bool(lacks))"
)

#: Bytes that are read of an answer. Reason: a traceback of some calls has room; anything may be called python3.
_MAX_ANSWER: Final = 4000

#: What a Python's answer has in it, for `case`: else it is something else with that name, whatever its status. What a
#: loader warns of may stand before.
_A_VERSION: Final = "*[0-9].[0-9]*.[0-9]*"

#: Sets `python` to one that will do, to nothing where there is none, and `told` to what it said of `server`; looks in
#: `places` as in $PATH. `dd` is what every system has that reads no more than so many bytes, however they come.
_FIND_PYTHON: Final = (
    f"python=; tried=:; for name in {' '.join(_NAMES + _PATHS)}; do"
    ' path=$(PATH=$places; command -v "$name") || continue;'
    ' case $tried in *":$path:"*) continue;; esac; tried="$tried$path:"; set -f;'
    ' if [ "$path" = /usr/bin/python3 ] && [ -x /usr/bin/xcode-select ]; then'
    " xcode-select -p </dev/null >/dev/null 2>&1 ||"
    f' {{ echo "{PYTHON_MARK} $path: {STAND_IN} {STATUS}1"; continue; }}; fi; echo "{ASKED_MARK} $path";'
    f' told=$({{ "$path" -I -S -c "{_QUESTION}" "{" ".join(NEEDED_MODULES)}" "$server" {_WHOLE} </dev/null;'
    f' echo " {STATUS}$?"; }} 2>&1 | dd bs=1 count={_MAX_ANSWER} 2>/dev/null);'
    f' case $told in {_A_VERSION}" {STATUS}0") python=$path; break;; esac;'
    f' echo "{PYTHON_MARK} $path:" $told; done; '
)


def run_without_installed(*, not_found: str, shows: str, sends: bool, keep_as: str) -> str:
    """Return what comes where no rmosh-server is installed: sh has the words for it as its own.

    Args:
        not_found: ends the script where nothing helps.
        shows: tells what `$server` is.
        sends: it may be sent.
        keep_as: the only kept one that counts, and what a sent one shall keep itself as; "" for any, and for not.
    """
    place = f'"$HOME/{KEPT_FOLDER}/{keep_as or _CURRENT}/{KEPT_FILE}"'
    kept = f'server={place}; [ -f "$server" ] && [ -r "$server" ] || server=; '
    run_kept = (
        f'if [ "$server" ]; then case $told in *" {_WHOLE}"*) {shows}exec "$python" -I "$server" "$@";; esac;'
        f' echo "{DAMAGED_MARK} $server"; fi; '
    )
    find = f'{_FIND_PYTHON}if [ -z "$python" ]; then {not_found}; fi; '
    if not sends:
        return f'{kept}if [ "$server" ]; then {find}{run_kept}fi; {not_found}'
    keep = f"--keep {keep_as} " if keep_as else ""
    return f'{kept}{find}{run_kept}exec "$python" {STAGE_ONE} {keep}"$@"'
