"""Programs at the far side without a terminal: their standard streams are ours."""
