"""Sessions that share a login: who has one lets others of its user in by a private door, as a ControlMaster does."""
