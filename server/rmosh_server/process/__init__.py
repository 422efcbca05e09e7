"""What a process of ours is to its system: descriptors, signals, memory, dumps."""
