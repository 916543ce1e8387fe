"""What intervals and paths hold."""
