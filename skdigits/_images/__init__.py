"""Arrays of images: layouts, images of any size, likely mistakes."""
