"""From a photo to digits in MNIST's form."""
