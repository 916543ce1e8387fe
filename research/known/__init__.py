"""Study: what a model gains from what is known of future rows."""
