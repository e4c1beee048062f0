"""Images: their shapes, random warps, and the array that can be augmented anew."""
