"""What can go wrong in the latency laboratory; each message is one line and ends with what to do."""


class NetemError(Exception):
    """Root of all errors that rmosh_netem raises on purpose."""


class BadQuantity(NetemError):
    """A text is not the time, share, rate or size it should be."""


class ImpossibleLink(NetemError):
    """A link model's values cannot be, such as a loss of 130 %."""


class BadRequest(NetemError):
    """What is asked for is not there to be had, or makes no sense."""


class BadProfile(NetemError):
    """A profile is unknown, or its file cannot be understood."""


class Unavailable(NetemError):
    """Something the laboratory needs is not there: a program, a port, an address."""


class BenchFailed(NetemError):
    """A measured program did not do what the workload waits for."""
