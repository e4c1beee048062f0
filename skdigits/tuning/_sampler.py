"""The default sampler, seeded so that a resumed study continues its sequence."""

import numpy as np

from ._optuna import optuna


class SeededSampler(optuna.samplers.BaseSampler):
    """Optuna's TPE sampler with a seed of its own for each trial.

    What a trial is asked depends on the seed, on the trial's number and on the trials
    before, and not on the process that asks. Trials that run a lost one again do not
    count.
    """

    def __init__(self, seed):
        self.seed = seed
        self._samplers = {}  # of the running trials

    def before_trial(self, study, trial):
        number = trial.system_attrs.get("failed_trial", trial.number)
        trials = study.get_trials(deepcopy=False)[:number]
        number -= sum("failed_trial" in before.system_attrs for before in trials)
        seed = np.random.SeedSequence([self.seed, number]).generate_state(1)[0]
        self._samplers[trial.number] = optuna.samplers.TPESampler(seed=int(seed))

    def infer_relative_search_space(self, study, trial):
        return self._samplers[trial.number].infer_relative_search_space(study, trial)

    def sample_relative(self, study, trial, search_space):
        return self._samplers[trial.number].sample_relative(study, trial, search_space)

    def sample_independent(self, study, trial, param_name, param_distribution):
        return self._samplers[trial.number].sample_independent(
            study, trial, param_name, param_distribution
        )

    def after_trial(self, study, trial, state, values):
        self._samplers.pop(trial.number, None)


def default_sampler(seed):
    """Return Optuna's TPE sampler, seeded for each trial if there is a seed."""
    if seed is None:
        return optuna.samplers.TPESampler()
    return SeededSampler(int(seed))
