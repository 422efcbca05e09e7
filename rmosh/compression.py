"""What a server deflates for a client: the one choice of `--compress`, known to both command lines."""

from enum import Enum


class Compression(Enum):
    """What is deflated; the values are the words of the command line."""

    NOTHING = "no"
    #: What tells of no text.
    LAYOUT = "layout"
    #: Text too: a listener may learn which texts on the screen agree.
    ALL = "all"
