"""How each kind of terminal is started, resized and read, and what it needs besides itself."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.patience import PATIENCE
from tests.terminals.driving import RealTerminal, entered, lent, missing, until


class Tmux(RealTerminal):
    programs = ("tmux",)
    packages = "tmux"
    needs_display = False

    def command(self, inside: list[str]) -> list[str]:
        options = ("history-limit", "10000"), ("status", "off"), ("escape-time", "0")
        settings = [word for name, value in options for word in ("set-option", "-g", name, value, ";")]
        self._socket = str(self.directory / "tmux")
        started = ["new-session", "-d", "-x", "80", "-y", "24", *inside]
        return ["tmux", "-u", "-f", "/dev/null", "-S", self._socket, "start-server", ";", *settings, *started]

    def _asked_to_resize(self, rows: int, columns: int) -> None:
        self.run("tmux", "-S", self._socket, "resize-window", "-x", str(columns), "-y", str(rows))

    def _text(self) -> str:
        return self.run("tmux", "-u", "-S", self._socket, "capture-pane", "-p", "-S", "-", "-E", "-")

    def close(self) -> None:
        self.run("tmux", "-S", self._socket, "kill-server")
        super().close()


class _InWindow(RealTerminal):
    """One with a window that is found, resized and given keys from outside."""

    def window(self) -> str:
        """Return the window's number: the only one that is seen."""
        found: list[str] = []

        def seen() -> bool:
            with contextlib.suppress(subprocess.CalledProcessError):
                found[:] = self.run("xdotool", "search", "--onlyvisible", "--name", ".").split()
            return bool(found)

        until(seen, "no window came")
        return found[-1]

    def press(self, *keys: str) -> None:
        """Press keys in it."""
        self.run("xdotool", "windowfocus", "--sync", self.window(), "key", "--delay", "20", *keys)

    def _asked_to_resize(self, rows: int, columns: int) -> None:
        self.run("xdotool", "windowsize", "--usehints", self.window(), str(columns), str(rows))


class Xterm(_InWindow):
    programs = ("xterm", "xdotool")
    packages = "xterm xdotool"

    def command(self, inside: list[str]) -> list[str]:
        printed = ["-xrm", f"XTerm*printerCommand: cat >> {self.dumped}", "-xrm", "XTerm*printAttributes: 0"]
        return ["xterm", "-geometry", "80x24", "-sl", "10000", *printed, "-e", *inside]

    def settled(self) -> None:
        super().settled()
        self._text()  # of the first one, lines at the beginning are missing now and then

    def _text(self) -> str:
        return self.dump(lambda: self.write(b"\x1b[?11i"))


class Urxvt(_InWindow):
    programs = ("urxvt", "xdotool")
    packages = "rxvt-unicode xdotool"

    def command(self, inside: list[str]) -> list[str]:
        printed = ["-xrm", f"URxvt.print-pipe: cat > {self.dumped}"]
        return ["urxvt", "-geometry", "80x24", "-sl", "10000", *printed, "-e", *inside]

    def _text(self) -> str:
        return self.dump(lambda: self.press("ctrl+Print"))


class Kitty(_InWindow):
    programs = ("kitty", "kitten")
    packages = "kitty"

    def command(self, inside: list[str]) -> list[str]:
        self._socket = f"unix:{self.directory / 'kitty'}"
        size = "remember_window_size=no", "initial_window_width=80c", "initial_window_height=24c"
        options = *size, "scrollback_lines=10000", "confirm_os_window_close=0", "update_check_interval=0"
        settings = [word for option in (*options, "allow_remote_control=yes") for word in ("-o", option)]
        return ["kitty", "--config", "NONE", "--listen-on", self._socket, *settings, *inside]

    def _asked_to_resize(self, rows: int, columns: int) -> None:
        size = "--width", str(columns), "--height", str(rows), "--unit", "cells"
        self.run("kitten", "@", "--to", self._socket, "resize-os-window", *size)

    def _text(self) -> str:
        return self.run("kitten", "@", "--to", self._socket, "get-text", "--extent", "all")


class _InPixels(_InWindow):
    """One whose window takes a size in pixels only."""

    _cell: tuple[int, int, int, int] | None = None

    def _asked_to_resize(self, rows: int, columns: int) -> None:
        width, height, left, top = self._cell = self._cell or self._measured()
        across, down = columns * width + left, rows * height + top
        self._resize_pixels(across, down)
        time.sleep(0.3)
        now_rows, now_columns = self.size()
        if abs(now_rows - rows) + abs(now_columns - columns) == 1:  # what is around the cells is not known for sure
            self._resize_pixels(across + (columns - now_columns) * width, down + (rows - now_rows) * height)

    def _measured(self) -> tuple[int, int, int, int]:
        """Return a cell's width and height, and what is around all of them."""
        across, down = self._pixels()
        rows, columns = self.size()
        width, height = across // columns, down // rows
        return width, height, across - columns * width, down - rows * height

    def _pixels(self) -> tuple[int, int]:
        found = re.search(r"Geometry: (\d+)x(\d+)", self.run("xdotool", "getwindowgeometry", self.window()))
        assert found is not None
        return int(found[1]), int(found[2])

    def _resize_pixels(self, width: int, height: int) -> None:
        self.run("xdotool", "windowsize", self.window(), str(width), str(height))


class Alacritty(_InPixels):
    programs = ("alacritty", "xdotool", "xclip")
    packages = "alacritty xdotool xclip"

    def command(self, inside: list[str]) -> list[str]:
        options = "window.dimensions={columns=80,lines=24}", "scrolling.history=10000"
        return ["alacritty", *[word for option in options for word in ("-o", option)], "-e", *inside]

    def _text(self) -> str:
        self.run("sh", "-c", "echo | xclip -selection clipboard -i >/dev/null 2>&1")
        self.press("ctrl+shift+space", "g", "g", "shift+v", "shift+g", "y", "ctrl+shift+space")
        until(lambda: self.run("xclip", "-o", "-selection", "clipboard") != "\n", "nothing was copied")
        return self.run("xclip", "-o", "-selection", "clipboard")


class Konsole(_InPixels):
    programs = ("konsole", "dbus-run-session", "qdbus6", "xdotool")
    packages = "konsole dbus qdbus-qt6 xdotool"

    def command(self, inside: list[str]) -> list[str]:
        address = f"echo $DBUS_SESSION_BUS_ADDRESS > {self.directory / 'bus'}; exec konsole"
        bare = ["--separate", "--hide-menubar", "--hide-tabbar", "-p", "HistoryMode=1", "-p", "HistorySize=10000"]
        sized = ["-p", "TerminalColumns=80", "-p", "TerminalRows=24"]
        return ["dbus-run-session", "--", "sh", "-c", f'{address} "$@"', "sh", *bare, *sized, "-e", *inside]

    def _text(self) -> str:
        self.press("shift+End")
        time.sleep(0.3)
        lines = shown = self._shown()
        for _ in range(2_000):
            self.press("shift+Up")
            if shown == (shown := self._shown()):
                break
            lines = [shown[0], *lines]
        self.press("shift+End")
        return "\n".join(lines)

    def _shown(self) -> list[str]:
        address = (self.directory / "bus").read_text().strip()
        bus = ["env", f"DBUS_SESSION_BUS_ADDRESS={address}", "qdbus6"]
        (service,) = [name for name in self.run(*bus).split() if name.startswith("org.kde.konsole")]
        return self.run(*bus, service, "/Sessions/1", "org.kde.konsole.Session.getAllDisplayedText", "false").split(
            "\n"
        )


class Vte(RealTerminal):
    programs = ("python3",)
    packages = "python3-gi gir1.2-gtk-3.0 gir1.2-vte-2.91"

    def command(self, inside: list[str]) -> list[str]:
        window = lent(self.directory, "vte_window.py")
        return ["python3", str(window), str(self.directory / "vte"), *inside]

    def _asked(self, words: str) -> str:
        with socket.socket(socket.AF_UNIX) as asked:
            asked.settimeout(PATIENCE)
            asked.connect(str(self.directory / "vte"))
            asked.sendall(words.encode())
            return asked.makefile("rb").read().decode()

    def _asked_to_resize(self, rows: int, columns: int) -> None:
        self._asked(f"size {columns} {rows}")

    def _text(self) -> str:
        return self._asked("text")


class Foot(_InPixels):
    programs = ("foot", "cage", "wtype", "wlr-randr")
    packages = "foot cage wtype wlr-randr"
    needs_display = False

    def command(self, inside: list[str]) -> list[str]:
        bindings = f"[key-bindings]\npipe-scrollback=[sh -c 'cat > {self.dumped}'] Control+Shift+F12\n"
        (self.directory / "foot.ini").write_text(bindings)
        (self.directory / "runtime").mkdir(mode=0o700)
        headless = "WLR_BACKENDS=headless", "WLR_LIBINPUT_NO_DEVICES=1", "WLR_RENDERER=pixman"
        runtime = f"XDG_RUNTIME_DIR={self.directory / 'runtime'}"
        foot = ["foot", "-c", str(self.directory / "foot.ini"), "-o", "scrollback.lines=10000", *inside]
        return ["env", runtime, *headless, "cage", "--", *foot]

    def settled(self) -> None:
        until(lambda: self.size() != (0, 0), "no window came")
        time.sleep(0.5)
        self.resize(24, 80)

    def _beside(self, *words: str) -> str:
        runtime = self.directory / "runtime"
        (display,) = [path.name for path in runtime.iterdir() if re.fullmatch(r"wayland-\d+", path.name)]
        return self.run("env", f"XDG_RUNTIME_DIR={runtime}", f"WAYLAND_DISPLAY={display}", *words)

    def _text(self) -> str:
        held = "-M", "ctrl", "-M", "shift", "-k", "F12", "-m", "shift", "-m", "ctrl"
        return self.dump(lambda: self._beside("wtype", *held))

    def _pixels(self) -> tuple[int, int]:
        found = re.search(r"(\d+)x(\d+) px.*current", self._beside("wlr-randr"))
        assert found is not None
        return int(found[1]), int(found[2])

    def _resize_pixels(self, width: int, height: int) -> None:
        self._beside("wlr-randr", "--output", "HEADLESS-1", "--custom-mode", f"{width}x{height}")


KINDS: dict[str, type[RealTerminal]] = {
    "alacritty": Alacritty,
    "foot": Foot,
    "kitty": Kitty,
    "konsole": Konsole,
    "tmux": Tmux,
    "urxvt": Urxvt,
    "vte": Vte,
    "xterm": Xterm,
}


def why_not(kind: str) -> str | None:
    """Return in words why a terminal cannot be driven here; None where it can."""
    terminal = KINDS[kind]
    gone = missing(terminal.programs + (("Xvfb",) if terminal.needs_display else ()))
    packages = terminal.packages + (" xvfb" if terminal.needs_display else "")
    if kind == "vte" and not gone and not _has_vte():
        gone = ["the VTE library"]
    return f"{', '.join(gone)} not installed (apt install {packages})" if gone else None


def _has_vte() -> bool:
    wanted = "import gi; gi.require_version('Vte', '2.91'); gi.require_version('Gtk', '3.0')"
    return subprocess.run([*entered(), "python3", "-c", wanted], capture_output=True).returncode == 0


@contextlib.contextmanager
def opened(kind: str) -> Iterator[RealTerminal]:
    """Start a terminal of a kind, 24 rows of 80 columns, and end it."""
    directory = Path(tempfile.mkdtemp(prefix="rmosh-terminal-", dir="/tmp"))  # a socket's path must be short
    variables = {"HOME": str(directory), "LANG": "C.UTF-8", "LIBGL_ALWAYS_SOFTWARE": "1", "NO_AT_BRIDGE": "1"}
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        if KINDS[kind].needs_display:
            variables["DISPLAY"] = stack.enter_context(_display())
        terminal = KINDS[kind](directory, variables)
        stack.callback(terminal.close)
        yield terminal


@contextlib.contextmanager
def _display() -> Iterator[str]:
    """Run an X server without a screen; give its name."""
    reading, writing = os.pipe()
    command = [
        *entered(),
        "Xvfb",
        "-displayfd",
        str(writing),
        "-screen",
        "0",
        "1400x1000x24",
        "-nolisten",
        "tcp",
        "-ac",
    ]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            yield ":" + told.readline().strip()
    finally:
        server.terminate()
        server.wait(PATIENCE)
