"""What a session may be called: a name that is safe as a word of a command line, wherever a shell puts it.

And the variable that names it to what runs in it.
"""

import re
from typing import Final

#: Environment variable that names the session which a program runs in, by its id in hex digits.
SESSION_VARIABLE: Final = "RMOSH_SESSION"

#: What a line starts with by which a host offers a session for a choice; its id and words about it follow.
CHOICE_PREFIX: Final = "RMOSH-CHOICE"

_NAME: Final = re.compile(r"[A-Za-z0-9_@.][A-Za-z0-9_@.-]{0,63}")


def is_session_name(untrusted: str) -> bool:
    """Tell whether this is 1 to 64 letters, digits, - _ . @ with no dash first; the digits of an id are too."""
    return _NAME.fullmatch(untrusted) is not None
