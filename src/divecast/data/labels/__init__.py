"""Labels of rows as class indices."""
