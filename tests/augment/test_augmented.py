"""The array of augmented copies that remembers its source, and what breaks the link."""

import pickle

import numpy as np
import pandas as pd

from skdigits import ImageAugmenter
from skdigits._augment.augmented import find_augmented


def test_a_draw_carries_its_source_until_it_is_changed(images):
    drawn = ImageAugmenter(random_state=0).fit_transform(images)
    assert find_augmented(drawn) is drawn
    np.testing.assert_array_equal(drawn.source.reshape(images.shape), images)
    changed = [
        drawn[:10],
        drawn.copy(),
        drawn + 1,
        drawn.astype(float),
        drawn[::-1],
        np.array(drawn),
    ]
    assert not any(find_augmented(array) is not None for array in changed)
    drawn[3, 3] ^= 1
    assert find_augmented(drawn) is None
    assert find_augmented(pickle.loads(pickle.dumps(drawn))) is None


def test_a_draw_is_found_in_a_view_a_frame_and_a_pickle(images):
    frame = pd.DataFrame(images, columns=[f"pixel{i}" for i in range(144)])
    augmenter = ImageAugmenter(random_state=0)
    drawn = augmenter.fit_transform(images)
    as_frame = augmenter.set_output(transform="pandas").fit_transform(frame)
    for form in (np.asarray(drawn), as_frame, pickle.loads(pickle.dumps(drawn))):
        found = find_augmented(form)
        np.testing.assert_array_equal(found.source.reshape(images.shape), images)
    as_frame.iloc[0, 0] ^= 1
    assert find_augmented(as_frame) is None
