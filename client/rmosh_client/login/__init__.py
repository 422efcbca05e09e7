"""The login in a process of its own: the SSH library is gone, with all its memory, once the session has begun."""
