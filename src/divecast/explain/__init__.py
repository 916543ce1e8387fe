"""What a fitted model understood: what-if, why, what is odd, and whether its code is sound."""
