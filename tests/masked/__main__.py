"""Runs tests with all masked that only Linux has: `python tests/masked [what pytest is to be told]`.

What is left of a Linux is then much like macOS: `linux_masked.py` says in what. Tests of what Linux alone has are
marked `linux` and left out. Told nothing, it runs those of both drivers and of whole sessions in a minute or so.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TESTS = HERE.parent

#: What is run without other words.
CHOSEN = (
    *(f"unit/server/test_{name}.py" for name in ("control_socket", "driver", "locales", "places", "pty", "readers")),
    *(f"unit/server/test_{name}.py" for name in ("registry", "sessions", "systems", "udp")),
    *(f"unit/client_ui/test_{name}.py" for name in ("driver", "local_terminal", "sockets", "systems", "watches")),
    "unit/test_whole_datagrams.py",
    "e2e/test_session_shell.py",
    "e2e/test_attaching.py::test_a_named_session_is_started_once_and_attached_to_afterwards",
    "e2e/test_attaching.py::test_a_client_that_was_killed_is_followed_by_another_that_sees_the_same_screen",
    "e2e/test_attaching.py::test_killing_ends_a_session_and_detaching_from_the_host_sends_clients_away",
    "e2e/test_attaching.py::test_a_killed_server_leaves_nothing_that_keeps_its_name",
    "e2e/test_demo.py::test_demo_tells_its_story_within_the_session_and_leaves_nothing",
    "e2e/test_demo.py::test_whatever_ends_a_demo_nothing_is_left_of_it",
)


def main() -> int:
    """Run pytest in a process whose Python, and all that it starts, is masked."""
    told = sys.argv[1:] or ["-q", "-n2", *(str(TESTS / place) for place in CHOSEN)]
    path = os.pathsep.join(filter(None, (str(HERE), os.environ.get("PYTHONPATH"))))
    masked = os.environ | {"PYTHONPATH": path}
    os.chdir(TESTS.parent)
    os.execve(sys.executable, [sys.executable, "-m", "pytest", "-m", "not linux", *told], masked)


if __name__ == "__main__":
    sys.exit(main())
