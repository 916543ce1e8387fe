"""Atomic writing and strict reading of files."""
