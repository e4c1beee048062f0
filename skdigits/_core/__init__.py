"""What every part needs and has nothing to do with images: errors, files, versions."""
