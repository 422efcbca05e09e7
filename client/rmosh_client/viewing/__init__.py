"""The viewer over a session's history: scrolling, searching, marking and copying what went by. Sans-IO."""
