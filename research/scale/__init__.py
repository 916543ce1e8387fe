"""Memory and time of large panels."""
