"""Arrays of images: layouts, images of any size, probable mistakes."""
