"""The program's side of a session: its account, environment and PTY."""
