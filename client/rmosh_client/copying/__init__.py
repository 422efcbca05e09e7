"""`rmosh cp`: files between this machine and others, or two others, as scp copies them."""
