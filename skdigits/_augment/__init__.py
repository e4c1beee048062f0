"""Random augmented copies of images, and the array that links them to their source."""
