"""A session without a terminal: streams through a server, for as long as somebody here needs them."""
