"""What clients reach from this host through their sessions: connections, listeners, programs."""
