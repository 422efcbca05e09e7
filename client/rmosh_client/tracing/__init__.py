"""What a session did, written down: its trace, and what `-v` tells after the login."""
