"""A window with a VTE terminal: WINDOW SOCKET COMMAND...; the socket takes `text` and `size COLUMNS ROWS`."""

import os
import socket
import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("Vte", "2.91")
from gi.repository import GLib, Gtk, Vte  # noqa: E402 - their versions come first

window, terminal = Gtk.Window(), Vte.Terminal()
terminal.set_scrollback_lines(10_000)
terminal.set_size(80, 24)
window.add(terminal)
terminal.connect("child-exited", Gtk.main_quit)
listening = socket.socket(socket.AF_UNIX)
listening.bind(sys.argv[1])
listening.listen()

variables = [f"{name}={value}" for name, value in os.environ.items()]
terminal.spawn_async(
    Vte.PtyFlags.DEFAULT, None, sys.argv[2:], variables, GLib.SpawnFlags.SEARCH_PATH, None, None, -1, None, None
)
window.show_all()


def answer(*_ready: object) -> bool:
    asked, _ = listening.accept()
    with asked:
        word, *numbers = asked.recv(64).decode().split()
        if word == "size":
            columns, rows = map(int, numbers)
            width, height = window.get_size()
            more_columns, more_rows = columns - terminal.get_column_count(), rows - terminal.get_row_count()
            cell = terminal.get_char_width(), terminal.get_char_height()
            window.resize(width + more_columns * cell[0], height + more_rows * cell[1])
        else:
            rows = terminal.get_vadjustment()
            first, last = int(rows.get_lower()), int(rows.get_upper())
            text, _ = terminal.get_text_range_format(Vte.Format.TEXT, first, 0, last, terminal.get_column_count())
            asked.sendall((text or "").encode())
    return True


GLib.io_add_watch(listening.fileno(), GLib.IO_IN, answer)
Gtk.main()
