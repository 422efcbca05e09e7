"""Starting a session: SSH logs in and launches a server, whose announce line is the result.

The only door to asyncssh. `request` holds the values that go in and come out, `start` does the work;
importing this package imports neither, so that `rmosh --help` stays quick.
"""
