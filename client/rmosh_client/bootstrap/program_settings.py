"""What an SSH configuration says of the program to run and of its standard streams, known before the login.

Most say nothing of that, which a look into the files tells; else ssh evaluates them, as it does for the login.
"""

from typing import Final

from rmosh.lazy_dataclass import dataclass
from rmosh_client.bootstrap.config_files import CONFIG_FILES, texts_of
from rmosh_client.bootstrap.request import Request

#: Keywords that are looked for. Source: ssh_config(5).
_KEYWORDS: Final = ("requesttty", "remotecommand", "stdinnull", "sessiontype", "forkafterauthentication")


@dataclass(frozen=True, slots=True)
class ProgramSettings:
    """What is set.

    Attributes:
        request_tty: `auto`, `no`, `yes` or `force`.
        command: what to run where no command was typed; "" for the shell.
        reads_input: standard input is the program's.
        is_subsystem: the command is the name of a subsystem.
        runs_nothing: neither a command nor a shell, as -N.
        in_background: it goes there after the login, as -f.
    """

    request_tty: str = "auto"
    command: str = ""
    reads_input: bool = True
    is_subsystem: bool = False
    runs_nothing: bool = False
    in_background: bool = False


def program_settings(request: Request) -> ProgramSettings:
    """Return what the configuration says for a request.

    Raises:
        BootstrapError: it is wrong.
    """
    if not _is_mentioned(request):
        return ProgramSettings()
    from rmosh_client.bootstrap.openssh_config import read_options  # which most starts do without here

    table = read_options(
        request.destination, options=request.ssh_options, config_file=request.config_file, command=request.command
    )
    return ProgramSettings(
        request_tty=_REQUEST_TTY.get(table.text("requesttty", "auto").lower(), "auto"),
        command=table.text("remotecommand"),
        reads_input=not table.flag("stdinnull", default=False),
        is_subsystem=table.text("sessiontype").lower() == "subsystem",
        runs_nothing=(table.first("sessiontype") or "").lower() == "none",
        in_background=table.flag("forkafterauthentication", default=False),
    )


#: What `ssh -G` prints for the setting's words. Source: OpenSSH 9.2, readconf.c, multistate_requesttty.
_REQUEST_TTY: Final = {"true": "yes", "yes": "yes", "false": "no", "no": "no", "force": "force", "auto": "auto"}


def _is_mentioned(request: Request) -> bool:
    files = CONFIG_FILES if request.config_file is None else (request.config_file,)
    texts = [" ".join(request.ssh_options), *(text for file in files for text in texts_of(file))]
    return any(keyword in text.lower() for text in texts for keyword in _KEYWORDS)
