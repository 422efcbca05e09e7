"""What a host that nobody knows may have been meant for: a word that comes before all options."""

import shlex
import sys
from collections.abc import Sequence

from rmosh.near_words import nearest
from rmosh_client.command.parsers import INSTEAD_OF_A_HOST, session_parser


def tell_near_word(words: Sequence[str]) -> None:
    """Tell the user of it, if there is one."""
    if words[0] in INSTEAD_OF_A_HOST:
        return
    parser = session_parser()
    host = parser.parse_words(parser.split_command(words)[0]).host
    near = nearest(host, [*INSTEAD_OF_A_HOST, "--help", "--version"])
    if near:
        others = list(words)
        others.remove(host)
        print(f"hint: or did you mean: {shlex.join(['rmosh', near, *others])}", file=sys.stderr)
