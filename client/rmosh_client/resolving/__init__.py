"""Names and numeric addresses: what a host's name stands for, and how IPv4 is reached from a network without it."""
