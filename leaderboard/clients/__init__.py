"""What is known of a run's clients: how each ran, who held what, as records, charts and tables."""
