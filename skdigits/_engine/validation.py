"""The three ways to pass a validation set, of which a fit takes one."""


def validation_pair(validation_data, X_val, y_val, validation_fraction):
    """Return the images and labels that were passed to validate on, or None."""
    if (X_val is None) != (y_val is None):
        alone = "y_val" if X_val is None else "X_val"
        raise ValueError(f"X_val and y_val must be passed together. Got {alone} alone.")
    passed = {
        "validation_data": validation_data,
        "X_val": X_val,
        "validation_fraction": validation_fraction,
    }
    names = [name for name, value in passed.items() if value is not None]
    if len(names) > 1:
        raise ValueError(
            "validation_data, X_val with y_val, and the parameter validation_fraction "
            f"are three ways to validate. Got {' and '.join(names)}. Pass one of them, "
            "and None for the others."
        )
    if X_val is not None:
        return X_val, y_val
    if validation_data is None:
        return None
    is_sequence = isinstance(validation_data, tuple | list)
    if not is_sequence or len(validation_data) != 2:
        got = type(validation_data).__name__
        got += f" of {len(validation_data)}" if is_sequence else ""
        raise TypeError(
            "validation_data must be a tuple of images and labels, (X_val, y_val). Got "
            f"a {got} instead."
        )
    return validation_data
