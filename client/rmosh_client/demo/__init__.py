"""`rmosh demo`: a host and a bad link on this machine."""
