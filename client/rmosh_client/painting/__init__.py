"""Turning frames into the bytes that make the user's terminal show them; knows no network, no clock."""
