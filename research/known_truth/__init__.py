"""Codes of a synthetic world whose truth is known, of divecast and three rival objectives."""
