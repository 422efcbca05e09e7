"""What Python imports by itself as it starts: its account's home is $HOME from then on."""

import contextlib
import os
import pwd

with contextlib.suppress(ModuleNotFoundError):  # this file stands before the one of tests/masked, where that is in use
    import linux_masked  # noqa: F401

_account_of = pwd.getpwuid


def _account_at_home(user: int) -> pwd.struct_passwd:
    name, password, user_id, group, words, home, shell = _account_of(user)
    if user == os.getuid():
        home = os.environ.get("HOME", home)
    return pwd.struct_passwd((name, password, user_id, group, words, home, shell))


pwd.getpwuid = _account_at_home
