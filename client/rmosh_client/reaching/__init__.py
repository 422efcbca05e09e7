"""Keeping in contact with a server from its start to the end: paths, addresses, further logins, refusals in words."""
