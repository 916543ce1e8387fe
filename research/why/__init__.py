"""Do the ways to attribute a forecast agree?"""
