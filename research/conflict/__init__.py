"""Do the objectives of the loss conflict?"""
