"""Votes on pairs of GIFs: keeping them, choosing the next pair, and turning them into scores."""
