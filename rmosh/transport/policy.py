"""The transport's policy: every number that was chosen rather than derived, in one place.

Units are seconds and bytes unless the name says otherwise.
"""

from typing import Final

# --- RTT -----------------------------------------------------------------------------------------------------

#: RTT assumed before the first sample. Reason: makes the first probe timeout 250 ms; RFC 9002 section 6.2.2 takes
#: four times that, but a probe too many on a slow path costs 60 bytes here, and one too late a user's first second.
INITIAL_RTT: Final = 0.080

#: Smallest variance term of a probe timeout. Source: RFC 9002 section 6.1.2 (kGranularity).
TIMER_GRANULARITY: Final = 0.001

#: How long a minimum RTT is believed. Reason: longer than a burst of queueing, short enough that a route change
#: is noticed. Source: BBR's 10 s window (draft-cardwell-iccrg-bbr).
MINIMUM_RTT_WINDOW: Final = 10.0

#: How late a core may be called after the moment it asked for before what waited meanwhile is no measure of the path.
#: Reason: far above a busy host's scheduling, far below any sleep; the datagrams of a stopped process wait in its
#: socket, and their acknowledgements seemed to take as long as it slept.
OVERSLEPT: Final = 0.5

# --- Acknowledging -------------------------------------------------------------------------------------------

#: How long an acknowledgement may wait for something to ride on. Reason: an echo leaves the PTY within a few ms (bash
#: about 1, vim about 4), so the echo's datagram carries it; longer would blur the peer's loss timers.
MAX_ACK_DELAY: Final = 0.010

#: Delays of acknowledgements from here on are those of one that follows a lost one, in seconds: a peer that is only
#: busy is not so for as long, and its usual delays belong to the probe timeout.
FOLLOWS_A_LOST_ACK: Final = 0.050

#: How long it may wait for others where all that came is bulk, in least round trips and never longer than that, and the
#: packets that it waits for at most. Reason: nobody types it, and what paces it is judged by several a round trip; one
#: for each is a tenth of a narrow uplink, and as much work as a packet.
BULK_ACK_SHARE: Final = 1 / 4
MOST_UNTOLD: Final = 16
#: Packets, and seconds for which the first of them has waited, that it waits for no longer. Reason: the spacing of a
#: burst tells what the path passes, and so does what comes of a few; a thousand a second are 75 kB.
SOME_UNTOLD: Final = 4
SOME_UNTOLD_FOR: Final = 0.001

#: How long the acknowledgement of a datagram that says so may wait for the next one, in seconds. Reason: a program that
#: writes ten times a second does so some ms late now and then; two of its frames then cost one acknowledgement.
ACK_WAIT_GRANTED: Final = 0.150

#: How often an acknowledgement of several packets is told again, COPY_GAP apart, above IMPATIENT_ABOVE_LOSS. Reason: of
#: a message that arrives at once it is the only news; without it the rest of it waits for a probe timeout.
ACKNOWLEDGED_AGAIN: Final = 2

#: Ranges of received numbers above which they are told again in a datagram that will itself be acknowledged, so that
#: they can be forgotten. Reason: every loss leaves a hole, and a pure acknowledgement is never known to have arrived.
RANGES_WORTH_FORGETTING: Final = 8

# --- Loss ----------------------------------------------------------------------------------------------------

#: Packets acknowledged after one until it counts as lost. Source: RFC 9002 section 6.1.1.
REORDERING_PACKETS: Final = 3

#: Factor over the RTT until an older unacknowledged packet counts as lost. Source: RFC 9002 section 6.1.2.
REORDERING_TIME: Final = 9 / 8

#: What both grow to at most where packets turn out late, and after how many losses that stayed losses they are as
#: before. Reason: a path that reorders by more than half of a round trip is rare, and what waits for the verdict is
#: felt. Source: RFC 8985 (RACK) section 4.2, which bounds by one RTT and forgets after 16 recoveries.
REORDERING_PACKETS_MAX: Final = 256
REORDERING_TIME_MAX: Final = 3 / 2
REORDERING_FORGOTTEN_AFTER: Final = 64

#: How many recent packets the loss estimate remembers: the larger of a quick and a slow exponential average counts.
#: Reason: 48 keystrokes notice a worse link within seconds; at 5 % loss they too often contain no loss at all, which
#: 192 do not. Source: tests/benchmarks/chosen_numbers.py, loss-memory: a p99 of 211 ms instead of 216.
LOSS_MEMORY_PACKETS: Final = (48, 192)

#: Loss above which copies are sent. Reason: below it a repeat after a probe timeout, once in fifty keys, is less felt
#: than twice the datagrams are on a narrow link.
COPIES_ABOVE_LOSS: Final = 0.02

#: Wanted probability that at least one copy arrives within one flight. Reason: a key in a hundred that comes late is
#: not noticed among words; each further nine takes half as many copies again.
ARRIVAL_GOAL: Final = 0.99

#: Most copies of one small datagram in a flight. Reason: 99 % at 46 % loss; above that the path needs patience.
MAX_COPIES: Final = 6

#: Space between copies. Reason: several ms so that one drop-tail burst does not take them all, few enough that
#: the second copy's arrival is not felt (RTT + 8 ms).
COPY_GAP: Final = 0.008

#: Space between further repeats once the copies did not help: a share of the RTT, its floor, and its growth from one to
#: the next up to PROBE_INTERVAL. Reason: outages of some tenths of a second are common (a burst of loss, a change of
#: cell), and the repeat that ends one is 60 bytes; slower ones make spells of 0.3 s longer for whoever types. Source:
#: tests/benchmarks/chosen_numbers.py, quick-repeats: a p90 of 480 ms instead of 499 by PROBE_INTERVAL alone.
QUICK_REPEAT_RTT_SHARE: Final = 0.2
QUICK_REPEAT_FLOOR: Final = 0.020
QUICK_REPEAT_GROWTH: Final = 1.15

#: Loss above which those repeats begin before an acknowledgement can have come. Reason: below it two copies arrive in
#: 98 of 100 cases, and what they do not heal can wait for the probe timeout.
IMPATIENT_ABOVE_LOSS: Final = 0.12

#: Space between repeats once the oldest of what is open is overdue: at first, then a share of the time that it is
#: overdue by, up to PROBE_INTERVAL. Reason: even a burst that loses nine in ten lets one of them through in ten, and
#: on a clean path none of them leaves. Source: tests/benchmarks/virtual_latency.py, bursts 4 s / 0.6 s.
OVERDUE_GAP: Final = 0.008
OVERDUE_GAP_SHARE: Final = 0.15
#: Bytes a second of these at most, IP and UDP headers counted. Reason: keys and echoes of 75 and 99 bytes keep to
#: OVERDUE_GAP; larger ones would fill a narrow link that has only become slow.
OVERDUE_RATE: Final = 12_500
#: Seconds of silence from which on all repeats, and what is new, keep to fewer bytes a second. Reason: a blackout in
#: which somebody types shall not end with a queue of what was repeated; one key may still be said every 30 ms.
SILENT_AFTER: Final = 1.0
SILENT_RATE: Final = 2500
#: How many moments of first sayings are kept for that. Reason: a second of the quickest typist's keys.
FIRST_SAYINGS_KEPT: Final = 32

#: Space between probes while the peer is silent and there is something to say. Reason: what was typed in an outage
#: shall be seen a round trip and 200 ms after its end, and 250 ms leave nothing for the two programs.
PROBE_INTERVAL: Final = 0.150

#: How long a silent peer is probed at that rate before backing off. Reason: a lift, a tunnel, a change of trains;
#: whoever is away for longer does not wait at the keyboard.
PROBE_EAGERLY_FOR: Final = 60.0

#: Longest space between probes after backing off. Reason: a laptop opened after a night is found by its own
#: client's probe; the other side only has to keep NAT mappings from being the client's fault alone.
PROBE_INTERVAL_MAX: Final = 30.0

#: Silence after which nothing is sent unasked any more. Reason: an address nobody has answered from for an hour
#: is somebody else's by now; the next authentic datagram ends the silence. Only a client's heartbeat goes on, every
#: PROBE_INTERVAL_MAX: nobody else can end it.
GIVE_UP_SENDING_AFTER: Final = 3600.0

#: Probe timeouts after which a packet no longer counts as in flight, whatever else was or was not acknowledged.
#: Reason: redundant symbols at the end of a message are followed by nothing that would reveal their loss.
EXPIRY_TIMEOUTS: Final = 2.0
#: And the least of that while streams are on their way, in seconds. Reason: a busy host reads its socket late, and on a
#: LAN all of theirs would be sent again. Source: Linux's TCP_RTO_MIN.
EXPIRY_LEAST: Final = 0.2
#: The same before the first RTT sample, in seconds. Source: RFC 9002's first two probe timeouts.
EXPIRY_UNMEASURED: Final = 3.0

# --- Heartbeats ----------------------------------------------------------------------------------------------

#: Client heartbeat while datagrams flow. Reason: a NAT that rebinds while only the server talks is noticed within a
#: second; 60 bytes in 0.75 s beside live traffic are nothing.
HEARTBEAT_BUSY: Final = 0.75
#: ... which means: something was said within so many seconds.
BUSY_FOR: Final = 10.0
#: Least time from a datagram that only answers to a heartbeat, and most for which such answers stand in for one.
#: Reason: a screen that changes once a second is answered as often, which shows the server a new address, too; a minute
#: without a question leaves the client in doubt of nothing that it does not hear.
HEARTBEAT_ANSWERING: Final = 1.25
HEARTBEAT_ANSWERING_MAX: Final = 60.0
#: Client heartbeat while someone was active lately. Reason: a dead link is told before whoever stopped to think types
#: on.
HEARTBEAT_ACTIVE: Final = 3.0
#: ... within so many seconds.
ACTIVE_FOR: Final = 60.0
#: Client heartbeat when idle. Reason: most NATs keep a UDP mapping 30 s (RFC 4787 asks for 120 s); 75 bytes up and
#: 99 down in 10 s are 8 and 10 bytes/s against the goal of 15.
HEARTBEAT_IDLE: Final = 10.0

#: Bytes of streams since the last pause from which on they count as a flow, and how long one may pause until it
#: is asked for, in seconds or a round trip where that is longer. Reason: whoever only takes says nothing that would
#: tell the server of a new address; the echoes of some keys are no flow, and a PING for 4 kB is nothing.
FLOW_BYTES: Final = 4096
FLOW_PAUSE: Final = 0.25

# --- Congestion ----------------------------------------------------------------------------------------------

#: Congestion window at the start, in bytes. Source: RFC 9002 section 7.2, ten datagrams of 1200 bytes.
INITIAL_WINDOW: Final = 12_000
#: Smallest window, in datagrams: one on its way and one being acknowledged.
MINIMUM_WINDOW_DATAGRAMS: Final = 2
#: Largest window. Reason: bounds what a broken RTT estimate can put into the network; fills 300 Mbit/s at 800 ms.
MAXIMUM_WINDOW: Final = 32 << 20
#: Smallest RTT that is reckoned with. Reason: on one machine the clock may not have moved between sending and hearing.
SMALLEST_RTT: Final = 1e-6
#: Queueing delay the window aims at. Reason: below what a typist notices, above timer noise.
TARGET_QUEUE_DELAY: Final = 0.025
#: Loss above the path's usual level, in one round trip, that counts as congestion. Reason: a policer without a
#: queue shows no delay; random loss (29 % and more) must not slow us down.
CONGESTIVE_EXCESS_LOSS: Final = 0.20
#: Most loss that is taken for usual. Reason: a policer's own drops must not teach us that they are random; no path
#: with more than 70 % loss is worth filling.
USUAL_LOSS_MAX: Final = 0.5
#: Fewest packets for that judgement, of one round or of several small ones.
CONGESTIVE_LOSS_SAMPLE: Final = 10
#: Fewest acknowledgements whose round trips are told to be a queue's: the least of several is free of most jitter.
CONGESTIVE_DELAY_SAMPLE: Final = 6
#: What such a round leaves of the window. Source: RFC 8312 (CUBIC's 0.7).
CONGESTIVE_DECREASE: Final = 0.7

#: Rounds without a queue after which a message under way may leave whole, up to so many bytes in flight; and how many
#: at the start are enough. Reason: what is held back of a message is felt as a round trip, and its parity is then of no
#: use; but as a floor of the window this wrecks Ctrl-C out of a flood (326 -> 2914 ms at 64 kbit/s). Source:
#: tests/benchmarks/lossy_pages.py; virtual_latency.py for Ctrl-C.
CALM_ROUNDS: Final = 60
CALM_ROUNDS_AT_START: Final = 4
WHOLE_MESSAGE: Final = 32_768

#: By how much faster than one congestion window a round trip a stream leaves, so that pacing alone never holds it up.
#: Source: the factor that Linux paces slow start by (net.ipv4.tcp_pacing_ss_ratio).
PACING_HASTE: Final = 2
#: Seconds by which a busy host wakes us late: what should have left meanwhile, and an initial window after a pause,
#: leave at once.
PACING_LATENESS: Final = 0.005

# --- Streams -------------------------------------------------------------------------------------------------

#: Queueing delay above which streams go slower at once; half of it is aimed at. Reason: typing beside a stream may cost
#: 10 ms at most, and the burst and the datagram that a key meets are a part of that.
STREAMS_QUEUE_DELAY: Final = 0.0025
#: Bytes a second at the start, and on their way before anything is known. Reason: two datagrams tell what the path
#: passes; 2400 bytes are 0.3 s on 64 kbit/s, and ten doublings from here are 500 Mbit/s.
STREAMS_FIRST_RATE: Final = 60_000
STREAMS_FIRST_WINDOW: Final = 2400
#: Slowest pace: what a stream gets beside anything.
STREAMS_LEAST_RATE: Final = 1000
#: Smallest datagram, and time that one may take at the rate. Reason: as of bulk (see Background), but 3 ms, of 10 in
#: all: at 1 Mbit/s 375 bytes, of which headers take a seventh.
STREAMS_DATAGRAM_FLOOR: Final = 200
STREAMS_DATAGRAM_TIME: Final = 0.003
#: Length of what leaves at once, in seconds at the pace; and while that starts, when it shows what the path passes.
#: Source: draft-ietf-ccwg-bbr has 1 ms and 64 kB; two is what one system call takes at 200 Mbit/s and more.
STREAMS_BURST: Final = 0.002
STREAMS_TRAIN: Final = 0.008
#: By how much later than asked we may be called without losing anything of the pace. Reason: what is made up for
#: queues, with a burst and a datagram 9 ms at most.
STREAMS_LATENESS: Final = 0.004
#: How much longer than a round trip something may be on its way: acknowledgements wait for MAX_ACK_DELAY, and what is
#: lost is known to be some packets later.
STREAMS_WINDOW_SLACK: Final = 0.030
#: What a round is judged by at least, in seconds (and with 4 round trips more at most: else there was a pause) and
#: acknowledgements; the least of their delays counts. Reason: with four of them little jitter is no queue; where it is
#: large there are more.
STREAMS_ROUND: Final = 0.010
STREAMS_ROUND_AT_MOST: Final = 1.0
STREAMS_ROUND_SAMPLES: Final = 4
#: Seconds, or a round trip where that is longer, over which it is measured what the path delivers; and what that may
#: leave of the rate at once. Reason: shorter ones are at the mercy of chance; in some of it there may have been little
#: to say.
STREAMS_RATE_SPAN: Final = 0.1
STREAMS_CUT_AT_MOST: Final = 0.7
#: Share of the pace whose arrival shows that the path passes all of it; below which share of what it delivered lately a
#: delay is none of our making; and over how many rounds that is forgotten. Reason: at two thirds a queue drains anyway.
STREAMS_ALL_ARRIVES: Final = 0.75
STREAMS_FAR_BELOW_PROVEN: Final = 0.65
STREAMS_PROVEN_ROUNDS: Final = 512
#: Share of its pace that a round must have used to show that more would fit.
STREAMS_USED: Final = 0.8
#: Longest wait from one burst to the next that counts as the pace's. Reason: a busy host wakes us that late; after more
#: there was nothing to say.
STREAMS_WAITS_AT_MOST: Final = 0.05
#: Growth a round, at most; and what it may queue, in seconds, after some rounds without any queue.
STREAMS_GROWTH: Final = 0.25
STREAMS_GROWTH_AT_LIMIT: Final = 0.02
STREAMS_HASTE: Final = 0.008
STREAMS_CALM_ROUNDS: Final = 4
#: What is gone back to of what was delivered when a queue showed, and from where on it is no limit any more.
STREAMS_BELOW_LIMIT: Final = 0.98
STREAMS_BEYOND_LIMIT: Final = 1.05
#: Least part of the rate that is sent at while a queue drains.
STREAMS_DRAIN_LEAST: Final = 0.25
#: Share of what trains tell that is started to.
STREAMS_SURE_OF_TRAINS: Final = 0.9
#: How many times the rate trains tell where a delay while it begins cannot be of our making: two doublings off.
STREAMS_FAR_FROM_TRAINS: Final = 4.0
#: How long nothing above a rate is tried that was lost by, in seconds. Reason: what a policer drops is a key's, too.
STREAMS_CEILING_HELD: Final = 3.0

#: Trains that are remembered, the fewest that tell anything, and the least time one is taken to have taken, in
#: seconds. Reason: timers' grain.
TRAINS_KEPT: Final = 5
TRAINS_FEWEST: Final = 2
TRAIN_LEAST_TIME: Final = 0.000_02

#: Packets that loss is judged by, up to the second where fewer leave it open; and by how much it must exceed what is
#: usual to be suspicious: so much, and so many standard deviations. Reason: one in a hundred is a radio link's, and
#: chance is not to be taken for a policer.
TRIAL_PACKETS: Final = 100
TRIAL_PACKETS_MAX: Final = 1000
TRIAL_EXCESS: Final = 0.02
TRIAL_DEVIATIONS: Final = 3.0
#: What part of that which arrived is sent then. Reason: clearly less than fits.
TRIAL_CUT: Final = 0.85

# --- Background ----------------------------------------------------------------------------------------------

#: Queueing delay that bulk aims at. Reason: typing during a backfill may cost 10 ms more than without, and what it
#: queues is what a key's echo waits behind.
BACKGROUND_QUEUE_DELAY: Final = 0.008
#: The same while nobody types, and for how many seconds after a key somebody does. Reason: a jittery link is used three
#: times as well, and only the first key after such a pause waits for it; people think and read for less.
BACKGROUND_QUEUE_DELAY_UNWATCHED: Final = 0.040
BACKGROUND_ATTENTION: Final = 10.0
#: The same after the end of a typed line. Reason: who is silent for longer then waits for what the command prints, and
#: the lines of a flood are among it: at 275 ms they took 24 s instead of 4.
BACKGROUND_ATTENTION_TO_OUTPUT: Final = 1.0
#: Time that one datagram of bulk may take to pass the slowest link: a part of that delay.
BACKGROUND_DATAGRAM_TIME: Final = 0.004
#: The same where the user waits for the bulk itself. Reason: a quarter of the queue that is aimed at then, or the
#: datagram's own time would be taken for a queue; small ones are half headers.
BACKGROUND_DATAGRAM_TIME_AWAITED: Final = 0.010
#: Most of the RTT's variation, in seconds, that is taken for jitter of the path rather than for our own queue.
BACKGROUND_JITTER_MAX: Final = 0.030
#: Window of bulk at the start, in bytes. Reason: spread over a round trip it hurts no link.
BACKGROUND_WINDOW: Final = 1200
#: The same where the user waits for the bulk itself; while that starts it leaves faster by PACING_HASTE too. Source:
#: RFC 9002 sections 7.2 and 7.7.
BACKGROUND_WINDOW_AWAITED: Final = 14_720
#: On a long path it begins with a round trip's bytes at so many a second, and with so many at most. Reason: less than
#: a short path is given a second; 16 KB of text and its headers then take one flight from 300 ms on.
BACKGROUND_RATE_AWAITED: Final = 60_000
BACKGROUND_WINDOW_AWAITED_MAX: Final = 32_768
#: Growth of the window a round trip while nothing queues and somebody types: until a queue shows first, and later; and
#: the later one while nobody types, before which it doubles. Reason: it is what queues, as a part of a round trip,
#: before that is known; doubling would queue all of one. Source: tests/benchmarks/chosen_numbers.py, backfill-growth: a
#: key's p99 at 1 Mbit/s and 100 ms, +13 ms by a second number of 0.1, +8 by this.
BACKGROUND_GROWTH: Final = (0.2, 0.05)
BACKGROUND_GROWTH_UNWATCHED: Final = 0.1
#: What a loss that may be a full queue leaves of the window while somebody types, and while nobody does. Reason: one in
#: a hundred lost by chance on a path of 25 ms left 600 kB/s by the first, 1.2 MB/s by the second. Source: RFC 9438
#: section 4.6.
BACKGROUND_BACKOFF: Final = 0.5
BACKGROUND_BACKOFF_UNWATCHED: Final = 0.7
#: How long the least round trip of bulk's own datagrams is believed, in seconds. Reason: a route that grew longer is no
#: queue; longer than most backfills take, as the queue that they leave would else be taken for the route.
BACKGROUND_BASE_WINDOW: Final = 30.0
#: Fewest datagrams that a round is judged by. Reason: the least of several delays is free of most jitter.
BACKGROUND_SAMPLES: Final = 6
#: Smallest datagram of bulk, in bytes. Reason: 16 ms on 128 kbit/s; headers would eat half of less.
BACKGROUND_DATAGRAM_FLOOR: Final = 200

# --- Sizes ---------------------------------------------------------------------------------------------------

#: Sizes to which what is in a datagram is padded, in bytes of frames; above the last there is only the path's room.
#: Reason: a key, an arrow, a sign of life and an acknowledgement look alike, and so do small lines; large ones grow by
#: 64 bytes on the average, a tenth. Finer where bytes are felt: 8 of them are 1 ms at 64 kbit/s.
PADDED_SIZES: Final = (16, 24, 40, 64, 96, 128, 192, 256, *range(384, 1537, 128))
#: Above the last of them, where a stream has room for more.
PADDING_STEP: Final = 128
#: Smallest datagrams of either end. Reason: 16 hold a key, 40 its echo even after days; an acknowledgement alone must
#: look like an echo, or it would tell that what was typed is a password.
SMALLEST_TO_SERVER: Final = 16
SMALLEST_TO_CLIENT: Final = 40

#: Space between datagrams while typing is obscured, in seconds. Source: OpenSSH's ObscureKeystrokeTiming.
SLOT_INTERVAL: Final = 0.020
#: For how long they go on after a key, at least and at most, in seconds. Source: OpenSSH again, 1024 to 3072 ms.
COVER_AFTER_TYPING: Final = (1.0, 3.0)
#: After how many such spaces without a datagram a server takes typing to be over. Reason: one may be lost.
SLOTS_AWAITED: Final = 2.5
#: Size of each of them, in bytes of frames. Reason: holds a key, or ten typed on a long path, with acknowledgements,
#: and nearly every echo: 49 kbit/s each way. Source: tests/benchmarks/chosen_numbers.py, obscured-typing: at RTT 100 a
#: key takes 130 ms instead of 100 (p50), at 64 kbit/s 161 instead of 122: off unless it is asked for.
SLOT_SIZE: Final = 64

#: Datagram payload that every path is trusted with. Reason: IPv4 hosts must take 576-byte packets (RFC 791), less
#: IPv4 and UDP headers and 40 bytes for a tunnel.
FLOOR_MTU: Final = 508
#: First size probed. Source: RFC 9000 section 14: what nearly every path carries.
BASE_MTU: Final = 1200
#: Largest size probed: 1500-byte Ethernet less IPv6 and UDP headers.
CEILING_MTU: Final = 1452
#: The search ends when it knows the limit this well.
MTU_SEARCH_STEP: Final = 32
#: Probes of one size that must be lost before it is believed to be too large. Source: RFC 8899 MAX_PROBES.
MTU_MAX_PROBES: Final = 3
#: Large datagrams lost in a row, smaller ones arriving, that mean a black hole. Source: RFC 8899 section 4.3.
MTU_BLACK_HOLE_LOSSES: Final = 6
#: How many of the last so many that the path is trusted with must be lost to count as swallowed. Reason: a policer lets
#: the first of each message pass; at 45 % loss chance takes as many once in seven hundred times.
SWALLOWED: Final = 16
SWALLOWED_OF: Final = 20
#: Chance of losing as many of a flight in a row behind its first as count as swallowed too, and bounds of the loss that
#: it is reckoned with. Reason: at 29 % these are 8, at 45 % 12; what a path loses is not known at its beginning.
SWALLOWED_CHANCE: Final = 0.0001
LEAST_USUAL_LOSS: Final = 0.3
MOST_USUAL_LOSS: Final = 0.7
#: Pause before a finished search is tried again upward. Source: RFC 8899 PMTU_RAISE_TIMER.
MTU_RAISE_AFTER: Final = 600.0

# --- Paths ---------------------------------------------------------------------------------------------------

#: Bytes sent to an address that has not answered a challenge, per byte received from it, IP and UDP headers counted.
#: Source: RFC 9000 section 8.1. A key's datagram (75 bytes) pays for a challenge (68) and one of its echo (99).
AMPLIFICATION: Final = 3
#: Most addresses that are served while they have not answered. Reason: both families on an old and a new socket.
MAX_CANDIDATES: Final = 4
#: How often a client that has a new path sends a datagram of padding behind another, FLOOR_MTU bytes long. Reason: it
#: pays for a challenge and three datagrams of that size; 1200 bytes as in QUIC would not pass every path, and behind
#: the first key or window they delay neither. Often enough for a path that loses every second datagram.
MAX_FILLERS: Final = 4
#: Bytes of IPv4 and UDP headers, for that count; IPv6 takes 20 more each way.
WIRE_HEADERS: Final = 28
#: How long a new address may take to answer its challenge before it is forgotten.
CANDIDATE_LIFETIME: Final = 10.0
#: Space between challenges to one address.
CHALLENGE_INTERVAL: Final = 0.100
#: Silence, beyond the probe timeout, after which the client asks for a fresh local socket. Reason: longer than a
#: lossy minute's worst gap, shorter than a user's patience; and the space between further requests.
PATH_WANTED_AFTER: Final = 2.5
PATH_WANTED_AGAIN: Final = 8.0
#: Most paths a client keeps probing at once: two families on an old and a new socket.
MAX_CLIENT_PATHS: Final = 6
#: How long after a new path was added what arrives on the old one proves nothing: it may have been on its way.
OLD_PATH_GRACE: Final = 1.0

# --- A stream beside UDP -------------------------------------------------------------------------------------

#: Datagrams in a stream, in bytes. Reason: three headers of UDP's for one; larger ones would put what was typed behind
#: more than 4 KiB, 0.5 s at 64 kbit/s, that the window can no longer hold back.
STREAM_DATAGRAM: Final = 4096
#: Space between repeats in a stream, which loses nothing, in probe timeouts and at least in seconds; each is twice the
#: one before. Reason: they are for the driver that had no room for a datagram; TCP's stalls last seconds, and whatever
#: is repeated meanwhile only has to be read afterwards.
STREAM_REPEAT_TIMEOUTS: Final = 4.0
STREAM_REPEAT_FLOOR: Final = 2.0
STREAM_REPEAT_MAX: Final = 60.0
#: Seconds until a datagram in a stream no longer counts as in flight. Source: RFC 9293 section 3.8.3 asks for at least
#: 100 s until TCP gives a connection up.
STREAM_EXPIRY: Final = 100.0
#: Seconds beyond a smoothed round trip after which what was sent on one of two paths goes to both. Reason: less than
#: is felt as a hang; the other path is there, and a datagram too many costs 75 bytes.
BESIDE_AFTER: Final = 0.100
#: Chance, at the loss that is known, of leaving so many questions unanswered as are held against a path, and how many
#: always are. Reason: at 29 % loss each way every second one is, and a path was doubted for it twice a page; one that
#: leaves eight is no better than dead.
UNANSWERED_CHANCE: Final = 0.02
MOST_UNANSWERED: Final = 8
#: For how long nothing is said only where nothing is open, in probe timeouts or PROBE_INTERVALs, whichever is longer.
#: Reason: what is open is said again after the one or the other, and a busy host is late.
RESTS_AFTER: Final = 1.25
#: Datagrams on UDP alone that stay unanswered, and probe timeouts that pass, until it is taken for dead while the
#: stream answers. Reason: four of four are lost by chance once in 140 times at 29 % loss; meanwhile both carry all.
UDP_CHANCES: Final = 4
UDP_CHANCES_TIMEOUTS: Final = 4.0
#: Space between probes of UDP while it does not answer: doubles from PROBE_INTERVAL to this. Reason: 75 bytes a minute.
UDP_PROBE_MAX: Final = 60.0
#: Seconds for which UDP is not gone back to once it died: doubled with each time, forgotten once it has held for ten
#: times as long. Reason: one that comes and goes shall not take the session with it; the stream carries it meanwhile.
UDP_AGAIN_AFTER: Final = 1.0
UDP_AGAIN_MAX: Final = 64.0
#: The same once UDP was worse than the stream. Reason: a policer is a rule of the network's, and lasts; a trial costs
#: some slow keys.
WORSE_AGAIN_AFTER: Final = 30.0
WORSE_AGAIN_MAX: Final = 960.0
#: Delivery times that are remembered, for how many seconds, and the fewest that nine in ten are told of.
DELIVERIES_KEPT: Final = 64
DELIVERIES_KEPT_FOR: Final = 60.0
DELIVERIES_FEWEST: Final = 16
#: Shares of the deliveries that are compared: the path in use is left where so many are worse than so many of the other
#: path's. Reason: of 16 datagrams at 5 % loss two are slow once in five times, four once in a hundred and fifty.
WORSE_SHARE: Final = 0.8
BETTER_SHARE: Final = 0.9
#: By which factor and how many seconds beyond that one path is worse than another. Reason: half as much again, and
#: more than is felt; else chance would decide. The stream is measured only where UDP is so much worse than its own
#: least round trip: no path gains by less.
WORSE_FACTOR: Final = 1.5
WORSE_BY: Final = 0.050
#: Space between probes of the stream for that, in seconds: doubles from the first to the second.
STREAM_PROBE_INTERVAL: Final = (0.25, 4.0)
#: Round trips and answered datagrams after which UDP, having held all the while, needs no stream beside it. Reason:
#: some minutes of reading or half a minute of typing, in which a policer or a short-lived hole would have shown; a
#: hundred round trips at least, as a short one proves nothing of time.
STREAM_KEPT_ROUND_TRIPS: Final = 100
STREAM_KEPT_ANSWERS: Final = 40
#: Seconds in which fewer answers will do, as many as UDP is judged by (DELIVERIES_FEWEST). Reason: who reads gives a
#: policer nothing to do, and 40 answers take him 100 s; the login's process has 34 MB meanwhile.
STREAM_KEPT_FOR: Final = 10.0

# --- Bounds on one turn --------------------------------------------------------------------------------------

#: Most datagrams built in one call. Reason: the driver looks at its sockets again in between; 64 x 1200 bytes are
#: 6 ms at 100 Mbit/s.
MAX_DATAGRAMS_PER_TURN: Final = 64

#: The same with those that are filled at once. Reason: they take 2 ms to make; what each turn costs beside them, and
#: the wait for a busy host's next one, is shared by twice as many.
MAX_BULK_PER_TURN: Final = 128

#: How long a traffic class that was due and gave nothing is not asked for again, in seconds. Reason: only a fault of
#: ours does that; it shall cost neither the host's time nor the link, and heal when the path carries more.
HELD_BACK_FOR: Final = 0.150

#: Wake-ups due at once and in vain after which the next ones wait as long. Reason: a timer or two may expire without
#: anything to send; more is such a fault.
MAX_VAIN_WAKEUPS: Final = 16
