"""Ports and sockets forwarded: what the words mean, who listens here, and what the far side's connections go to."""
