"""Storages of studies: SQLite files, databases and those of Optuna."""

import contextlib
import json
import os
import re
import sqlite3
import time
from pathlib import Path

import optuna
import sqlalchemy
from sqlalchemy.exc import ArgumentError, DBAPIError

HEARTBEAT = 15  # seconds between two heartbeats of a running trial
GRACE = 60  # seconds without a heartbeat after which a trial is run again
MAX_RETRIES = 3  # of a trial whose process was killed
OPENINGS = 10  # attempts while other processes create the tables
POLL = 0.5  # seconds between two attempts
BUSY = 60  # seconds that a process waits for its turn to write to SQLite


def storage_address(storage, n_jobs):
    """Return the address of the `storage` of `tune`, or the Optuna storage itself."""
    if storage is None:
        return optuna.storages.InMemoryStorage()
    is_in_memory = isinstance(storage, optuna.storages.InMemoryStorage) or (
        getattr(storage, "url", None) in ("sqlite://", "sqlite:///:memory:")
    )
    if is_in_memory and n_jobs > 1:
        raise ValueError(
            "Processes cannot share a storage in memory. Pass n_jobs=1, a path such as "
            "'study.db', or storage=None."
        )
    if isinstance(storage, optuna.storages.BaseStorage):
        return storage
    if not isinstance(storage, (str, os.PathLike)):
        raise TypeError(
            "storage must be the path of an SQLite file, the address of a database, an "
            f"Optuna storage or None. Got {storage!r} instead."
        )
    storage = os.fspath(storage)
    if re.match(r"\w\w+:/(?!/)", storage):  # a single letter is a drive of Windows
        raise ValueError(
            "storage must be a path or an address with three slashes, such as "
            f"'sqlite:///study.db'. Got {storage!r} instead."
        )
    if "://" not in storage:
        return sqlite_address(storage)
    try:
        url = sqlalchemy.make_url(storage)
        url.get_dialect()
    except ArgumentError as exc:  # includes unknown databases
        raise ValueError(
            "storage must be a path or the address of a database, such as "
            f'"postgresql+psycopg://user@host/name". {exc}'
        ) from exc
    return (
        sqlite_address(url.database) if url.get_backend_name() == "sqlite" else storage
    )


def sqlite_address(path):
    """Return the address of an SQLite file of studies, or of a new file."""
    if path in (None, "", ":memory:"):
        raise ValueError(
            "storage must be the path of a file. For a study in memory, pass "
            f"storage=None. Got {path!r} instead."
        )
    path = Path(path).expanduser().absolute()  # for processes in other folders
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"The folder {path.parent} of the storage does not exist. Create it first."
        )
    if path.exists() and not (path.is_file() and _may_hold_studies(path)):
        raise ValueError(
            f"storage must be a new file or an SQLite file of studies. {path} is "
            "something else or damaged. It was not changed. Pass a journal as an "
            "optuna.storages.JournalStorage."
        )
    url = sqlalchemy.URL.create("sqlite", database=str(path))
    return url.render_as_string(hide_password=False)


def _may_hold_studies(path):
    # With mode=ro, SQLite could not roll back the writing of a killed process.
    address = f"{path.as_uri()}?mode=rw"
    try:
        with contextlib.closing(sqlite3.connect(address, timeout=BUSY, uri=True)) as db:
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    except sqlite3.DatabaseError:
        return False
    return not tables or "studies" in tables


def open_storage(address):
    """Open the result of `storage_address`; raise a ConnectionError if that fails."""
    if not isinstance(address, str):
        return address
    engine = {"pool_pre_ping": True}
    if address.startswith("sqlite"):
        engine["connect_args"] = {"timeout": BUSY}
    for attempt in range(1, OPENINGS + 1):
        try:
            return optuna.storages.RDBStorage(
                address,
                engine_kwargs=engine,
                heartbeat_interval=HEARTBEAT,
                grace_period=GRACE,
                heartbeat_stale_trial_callback=retry_callback(),
            )
        except DBAPIError as exc:
            # Of several processes that create the tables of a database, one succeeds.
            if attempt < OPENINGS and re.search("exist|locked|unique", str(exc), re.I):
                time.sleep(POLL)
                continue
            name = sqlalchemy.make_url(address).render_as_string(hide_password=True)
            raise ConnectionError(
                f"The storage {name} does not answer: {exc.orig}. Start the server, or "
                "correct the address; check the permissions and the space of a file."
            ) from exc


def retry_callback():
    """Return the callback of Optuna that queues a failed trial again."""
    return optuna.storages.RetryHeartbeatStaleTrialCallback(max_retry=MAX_RETRIES)


@contextlib.contextmanager
def translate_storage_errors():
    """Raise a ConnectionError if the database goes away."""
    try:
        yield
    except Exception as exc:
        cause = exc  # Optuna raises an UnboundLocalError in the handling of others
        while cause is not None:
            if isinstance(cause, (DBAPIError, optuna.exceptions.StorageInternalError)):
                raise ConnectionError(
                    f"The study's storage went away: {getattr(cause, 'orig', cause)}. "
                    "Finished trials are in it: call tune again when it is back."
                ) from exc
            if isinstance(cause, (json.JSONDecodeError, UnicodeDecodeError)):
                raise ValueError(
                    "The journal of the study is damaged: one of its lines is not "
                    f"JSON ({cause}). Restore a copy, or remove that line, which is "
                    "often the last one."
                ) from exc
            cause = cause.__cause__ or cause.__context__
        raise
