"""Sessions of one user forked from one process that has loaded what serves them, before any secret is in it."""
