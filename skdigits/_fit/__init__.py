"""One fit of a `CNNClassifier`: plan, data, checkpoint, and what is learned."""
