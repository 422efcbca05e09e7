"""What comes from the user's terminal: keys, mouse, answers; and the terminal itself."""
