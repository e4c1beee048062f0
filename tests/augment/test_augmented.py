"""Link from augmented copies to their source, and changes that break it."""

import pickle

import numpy as np
import pandas as pd

from skdigits import ImageAugmenter
from skdigits._augment.augmented import find_augmented


def test_copies_carry_their_source_until_changed(images):
    copies = ImageAugmenter(random_state=0).fit_transform(images)
    assert find_augmented(copies) is copies
    np.testing.assert_array_equal(copies.source.reshape(images.shape), images)
    changed = [
        copies[:10],
        copies.copy(),
        copies + 1,
        copies.astype(float),
        copies[::-1],
        np.array(copies),
    ]
    assert not any(find_augmented(array) is not None for array in changed)
    copies[3, 3] ^= 1
    assert find_augmented(copies) is None
    assert find_augmented(pickle.loads(pickle.dumps(copies))) is None


def test_copies_are_found_in_a_view_a_frame_and_a_pickle(images):
    frame = pd.DataFrame(images, columns=[f"pixel{i}" for i in range(144)])
    augmenter = ImageAugmenter(random_state=0)
    copies = augmenter.fit_transform(images)
    as_frame = augmenter.set_output(transform="pandas").fit_transform(frame)
    for form in (np.asarray(copies), as_frame, pickle.loads(pickle.dumps(copies))):
        found = find_augmented(form)
        np.testing.assert_array_equal(found.source.reshape(images.shape), images)
    as_frame.iloc[0, 0] ^= 1
    assert find_augmented(as_frame) is None
