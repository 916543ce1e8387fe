"""Would the forecast be better if it read a by a fusion of its own, or with the mean of the weights of a fit?"""
