"""Do what-if answers look like real windows of the class asked for?"""
