"""Measures ssh, mosh and rmosh side by side, each in a terminal of its own, over the same links."""
