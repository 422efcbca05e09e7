"""The conversations of a session, one folder each: frames, bounds, bytes, policy, sender and receiver."""
