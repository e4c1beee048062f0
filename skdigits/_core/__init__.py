"""Errors, files, progress and compatibility, independent of images."""
