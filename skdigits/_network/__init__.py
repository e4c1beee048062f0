"""Networks and their training, described as plain data, without TensorFlow."""
