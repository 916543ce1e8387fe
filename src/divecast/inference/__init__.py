"""What a fit leaves, and how it answers."""
