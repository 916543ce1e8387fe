"""What a forecast rests on."""
