"""One session served, from its handover until it is over."""
