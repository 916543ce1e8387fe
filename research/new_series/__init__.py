"""Accuracy of series that a fit did not see."""
