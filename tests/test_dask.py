"""joblib on a dask cluster: equal scores, and no more threads than cores."""

import os
from unittest import mock

import joblib
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import Pipeline

from skdigits import CNNClassifier, ImageAugmenter
from skdigits.tuning import tune

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client():
    """Client of a cluster of two processes with one thread each."""
    with (
        # distributed leaves OMP_NUM_THREADS=1 in the environment of this process, and
        # with it in all processes that later tests start.
        mock.patch.dict(os.environ),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def model():
    cnn = CNNClassifier(epochs=2, width=0.25, batch_size=32, random_state=0)
    return Pipeline([("augment", ImageAugmenter(random_state=0)), ("cnn", cnn)])


@pytest.fixture(scope="module")
def one_thread(digits):
    """Scores of one process with one thread, as in dask's workers."""
    with joblib.parallel_config("loky", n_jobs=2, inner_max_num_threads=1):
        scores = cross_validate(model(), *digits, cv=3, scoring="neg_log_loss")
    return scores["test_score"]


def test_cross_validate_and_grid_search_give_the_same_scores(
    client, digits, one_thread
):
    X, y = digits
    with joblib.parallel_config("dask", scatter=[X, y]):
        scores = cross_validate(model(), X, y, cv=3, scoring="neg_log_loss")
        grid = {"cnn__width": [0.25, 0.5]}
        search = GridSearchCV(
            model(), grid, cv=3, scoring="neg_log_loss", refit=False
        ).fit(X, y)
    np.testing.assert_array_equal(scores["test_score"], one_thread)
    splits = [search.cv_results_[f"split{fold}_test_score"][0] for fold in range(3)]
    np.testing.assert_array_equal(splits, one_thread)


def test_workers_and_their_threads_stay_within_the_cores(client, digits):
    X, y = digits

    def threads():
        model().fit(X, y)
        import tensorflow as tf

        return tf.config.threading.get_intra_op_parallelism_threads()

    per_worker = client.run(threads)
    assert len(per_worker) == 2
    assert all(per_worker.values())  # 0 means all cores
    assert sum(per_worker.values()) <= max(2, os.cpu_count())


def suggest_width(trial):
    trial.set_user_attr("pid", os.getpid())
    return {"cnn__width": trial.suggest_float("w", 0.1, 0.5)}


def test_tune_uses_all_workers_of_dask(client, digits, tmp_path):
    X, y = digits
    with joblib.parallel_config("dask", n_jobs=2):
        study, _, best = tune(
            model(),
            X,
            y,
            suggest=suggest_width,
            n_trials=4,
            cv=2,
            storage=tmp_path / "study.db",
            n_jobs=2,
            verbose=0,
        )
    assert len({trial.user_attrs["pid"] for trial in study.trials}) == 2
    assert best["cnn"].width == study.best_params["w"]
