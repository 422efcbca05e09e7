"""The conversations of a session, one folder each: frames, bounds, bytes, policy, sender and receiver.

To add one, make a folder here and add one line to the table in `rmosh/session/channels.py`. In the folder:

- `frames.py`: each frame as a frozen dataclass (a `WireFrame`), how it is written and read, and the `FrameType` that
  ties both to its code. Take a reserved code of 0x40 to 0x5e, or of 0x60 to 0x7f for one that need not be acknowledged:
  a peer that does not know it passes over it. Add it to the tables in `rmosh/PROTOCOL.md`, which a test holds equal.
- `ends.py`: the end at a client (`AtClient`) and the one at a server (`AtServer`). Each is made with a `ClientSide` or
  a `ServerSide` (`channel.py`): all that it may know of its session, the ends of the channels above it in the table
  included. `takes` names the frame types that come from the other end; `check` refuses frames, `take` takes them.
  `senders` names what it says, each with its urgency: a `NewestSender` for a value of which the newest counts, or a
  traffic class of its own (`rmosh/transport/traffic.py`). With a timer, `turn` acts and `next_wakeup` says when.
- `policy.py`: the numbers that were chosen, where there are any; `sender.py` and `receiver.py` where the ends would get
  long, imported where an end is made, so that neither side loads what only the other needs.

What the driver shall hear is a `ClientEvent` or an `AttachmentEvent`, given to the side's `tell`. What it may do is a
method of the end, which it finds by its class: `client.channels.of(WindowAtClient)`.
"""
