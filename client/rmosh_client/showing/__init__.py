"""What the user's terminal is to show: the screen, its scrollback, notices and boxes."""
