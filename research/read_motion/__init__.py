"""Labels of recordings of movement: how well they are read, next to classifiers."""
