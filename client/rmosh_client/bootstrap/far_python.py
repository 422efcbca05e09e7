"""The part of the line for sh that helps itself where rmosh-server is not installed.

It looks for a Python that can run the server, which was kept there by `--install` or is sent now. Like all of the
line it has no single quotes, backslashes, `!` or newlines (see `remote_command.py`). Each Python that will not do is
told on a line of its own, with the status and the words of the question that it was asked.
"""

from typing import Final

from rmosh_client.injection.stage_one import NEEDED_MODULES, STAGE_ONE

#: What a line begins with that tells of a Python that will not do: its exit status, its path and a colon, what it said.
PYTHON_MARK: Final = "RMOSH-PYTHON"

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

#: Prints its version and what it lacks; its status says whether it will do. Runs on any Python 3.
_QUESTION: Final = (
    "import sys, importlib.util as u; lacks = [m for m in sys.argv[1].split() if not u.find_spec(m)]; "
    "print(sys.version.split()[0], *lacks); sys.exit(sys.version_info < (3, 8) or bool(lacks))"
)

#: What a Python's answer has in it, for `case`: else it is something else with that name, whatever its status. What a
#: loader warns of may stand before.
_A_VERSION: Final = "*[0-9].[0-9]*.[0-9]*"

#: Sets `python` to one that will do, to nothing where there is none; looks in `places` as in $PATH.
_FIND_PYTHON: Final = (
    f"python=; tried=:; for name in {' '.join(_NAMES + _PATHS)}; do"
    ' path=$(PATH=$places; command -v "$name") || continue;'
    ' case $tried in *":$path:"*) continue;; esac; tried="$tried$path:"; set -f;'
    ' if [ "$path" = /usr/bin/python3 ] && [ -x /usr/bin/xcode-select ]; then'
    " xcode-select -p </dev/null >/dev/null 2>&1 ||"
    f' {{ echo "{PYTHON_MARK} 1 $path: {STAND_IN}"; continue; }}; fi;'
    f' told=$("$path" -I -S -c "{_QUESTION}" "{" ".join(NEEDED_MODULES)}" </dev/null 2>&1) &&'
    f" case $told in {_A_VERSION}) python=$path; break;; esac;"
    f' echo "{PYTHON_MARK} $? $path:" $told; done; '
)


def run_without_installed(*, not_found: str, shows: str, sends: bool, keep_as: str) -> str:
    """Return what comes where no rmosh-server is installed: sh has the words for it as its own.

    Args:
        not_found: ends the script where nothing helps.
        shows: tells what `$server` is.
        sends: it may be sent.
        keep_as: the only kept one that counts, and what a sent one shall keep itself as; "" for any, and for not.
    """
    kept = f'server="$HOME/{KEPT_FOLDER}/{keep_as or _CURRENT}/{KEPT_FILE}"; '
    run_kept = f'if [ -r "$server" ]; then {shows}exec "$python" -I "$server" "$@"; fi; '
    find = f'{_FIND_PYTHON}if [ -z "$python" ]; then {not_found}; fi; '
    if not sends:
        return f'{kept}if [ -r "$server" ]; then {find}{run_kept}fi; {not_found}'
    keep = f"--keep {keep_as} " if keep_as else ""
    return f'{kept}{find}{run_kept}exec "$python" {STAGE_ONE} {keep}"$@"'
