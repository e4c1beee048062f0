"""One study over processes that share a real PostgreSQL server."""

import getpass
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import optuna
import pytest
from helpers.studies import check_nothing_lost, kill_one_of_three, run_tune
from optuna.trial import TrialState

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning"),
]


class Server:
    """PostgreSQL server for these tests, reached by a socket in its folder."""

    def __init__(self, programs, folder, user):
        self.programs, self.folder, self.user = programs, folder, user
        self.url = f"postgresql+psycopg://postgres:secret@/postgres?host={folder}"
        options = ["-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-sync"]
        self.run("initdb", "-D", folder / "data", *options)

    def run(self, program, *arguments):
        command = [self.programs / program, *arguments]
        subprocess.run(
            command, user=self.user, cwd=self.folder, check=True, capture_output=True
        )

    def start(self):
        settings = f"-k {self.folder} -c listen_addresses= -c fsync=off"
        log = self.folder / "log"
        self.run(
            "pg_ctl",
            "start",
            "-w",
            "-D",
            self.folder / "data",
            "-l",
            log,
            "-o",
            settings,
        )

    def stop(self):
        self.run("pg_ctl", "stop", "-w", "-m", "fast", "-D", self.folder / "data")


@pytest.fixture(scope="module")
def server():
    """Start a server for the module, or skip its tests."""
    pytest.importorskip("psycopg")
    if os.name == "nt":
        pytest.skip("the server is reached by a Unix socket")
    found = [Path(shutil.which("pg_ctl") or "/nowhere").parent]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    programs = next((place for place in found if (place / "pg_ctl").exists()), None)
    if programs is None:
        pytest.skip("no PostgreSQL server: apt-get install postgresql")
    user = "postgres" if os.getuid() == 0 else getpass.getuser()
    folder = Path(tempfile.mkdtemp(prefix="skdigits-postgres-"))
    shutil.chown(folder, user)
    server = Server(programs, folder, user)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


def test_a_killed_process_loses_no_trial_of_a_database(server):
    def load():
        return optuna.load_study(study_name="skdigits", storage=server.url)

    check_nothing_lost(*kill_one_of_three(server.url, load))


OPEN_ON_INPUT = """
import sys
from skdigits.tuning._storage import open_storage
print("ready", flush=True)
sys.stdin.readline()
open_storage(sys.argv[1])
"""


def test_processes_create_the_tables_of_an_empty_database_once(server):
    import psycopg

    with psycopg.connect(
        f"host={server.folder} user=postgres dbname=postgres", autocommit=True
    ) as connection:
        connection.execute("CREATE DATABASE empty")
    command = [sys.executable, "-c", OPEN_ON_INPUT]
    command.append(server.url.replace("/postgres?", "/empty?"))
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _ in range(4)]
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * 4
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)
    assert [process.returncode for process in processes] == [0] * 4


def test_processes_of_one_call_share_a_database(server, digits):
    options = {"storage": server.url, "study_name": "jobs", "verbose": 0}
    study, _, best = run_tune(digits, n_trials=4, n_jobs=2, **options)
    assert sum(trial.state != TrialState.FAIL for trial in study.trials) in (4, 5)
    again, _, best_again = run_tune(digits, n_trials=4, **options)
    assert len(again.trials) == len(study.trials)
    X = digits[0]
    np.testing.assert_array_equal(best.predict_proba(X), best_again.predict_proba(X))


def test_server_that_is_down_is_an_error_and_loses_no_study(server, digits):
    options = {"storage": server.url, "study_name": "down", "verbose": 0}
    run_tune(digits, n_trials=1, **options)
    server.stop()
    try:
        start = time.time()
        with pytest.raises(ConnectionError, match="does not answer") as error:
            run_tune(digits, n_trials=2, **options)
        assert time.time() - start < 30
        assert "secret" not in str(error.value)
    finally:
        server.start()
    study, _, _ = run_tune(digits, n_trials=2, **options)
    assert [trial.number for trial in study.trials] == [0, 1]


def test_server_that_stops_during_the_search_is_an_error(server, digits):
    options = {"storage": server.url, "study_name": "lost", "verbose": 0}

    def stop_server(trial):
        server.stop()
        return {"cnn__learning_rate": 0.001}

    try:
        with pytest.raises(ConnectionError, match="went away"):
            run_tune(digits, suggest=stop_server, n_trials=1, **options)
    finally:
        server.start()
    study = optuna.load_study(study_name="lost", storage=server.url)
    assert [trial.state.is_finished() for trial in study.trials] == [False]
