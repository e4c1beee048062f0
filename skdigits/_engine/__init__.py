"""From data to weights and back, without the estimators."""
