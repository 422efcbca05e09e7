"""How long the tests wait for what has to come: all of them, for whatever takes real time."""

#: Seconds that anything may take; only a failing test waits for it. Reason: what is slowest, a server packed, sent and
#: started from its sources, takes six seconds of a processor, of which a busy machine may give a tenth.
PATIENCE = 90.0
