"""Do the losses of a fit pull against one another?"""
