"""Random copies of training images, and the array that stays linked to its source."""
