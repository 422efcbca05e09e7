"""A running session: the loop, the keyboard's way, commands, endings."""
