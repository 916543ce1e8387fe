"""Tables of any kind, read and written."""
