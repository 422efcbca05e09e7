"""Lines that scrolled off: as bytes, and as many of them kept as somebody may want to see. Knows no datagrams."""
