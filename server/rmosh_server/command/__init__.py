"""What the command `rmosh-server` does: reads its command line, starts sessions and runs errands to them."""
