"""Where the user's other processes find a session and ask it things."""
