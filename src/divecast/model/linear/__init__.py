"""The closed-form linear path of the forecaster."""
