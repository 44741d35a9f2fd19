"""Readings of more clips than one process, or one machine, can read."""
