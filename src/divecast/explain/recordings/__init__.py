"""Recordings one by one, and conditions of recordings compared over people."""
