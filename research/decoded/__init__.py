"""Are decoded recordings read as the exercise that they were decoded under?"""
