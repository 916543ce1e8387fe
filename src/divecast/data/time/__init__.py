"""Clocks, time stamps and the calendar."""
