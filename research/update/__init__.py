"""What a last fit on all rows and an update with newer rows do to accuracy and time."""
