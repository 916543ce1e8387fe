"""Does a code of the joint future make better sample paths?"""
