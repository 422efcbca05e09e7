"""The words typed: parsers, preferences, completion, errands; what the commands of `rmosh` do."""
