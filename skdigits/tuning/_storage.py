"""Storages of studies: SQLite files, databases, and those that Optuna made."""

import contextlib
import json
import os
import re
import sqlite3
import time
import warnings
from pathlib import Path

import sqlalchemy
from sqlalchemy.exc import ArgumentError, DBAPIError

from ._optuna import optuna

HEARTBEAT = 15  # seconds between two signs of life of a trial
GRACE = 60  # seconds without one until the trial is run again
MAX_RETRIES = 3
OPENINGS = 10  # attempts while other processes create the tables
POLL = 0.5  # seconds between two attempts
BUSY = 60  # seconds that a process waits for its turn to write to SQLite
DATABASE = re.compile(r"(sqlite|postgres\w*|mysql|mariadb|oracle|mssql)(\+\w+)?:")


def storage_address(storage, n_jobs):
    """Check what `tune` takes as `storage`; return its address, or the storage itself.

    Paths are absolute in an address, so that every process finds the file.
    """
    if storage is None:
        return optuna.storages.InMemoryStorage()
    if isinstance(storage, optuna.storages.BaseStorage):
        url = str(getattr(storage, "url", ""))
        is_memory = isinstance(storage, optuna.storages.InMemoryStorage)
        if n_jobs > 1 and (is_memory or url == "sqlite://" or ":memory:" in url):
            raise ValueError(
                "Processes cannot share a storage in memory. Pass n_jobs=1, a path "
                "such as 'study.db', or storage=None."
            )
        return storage
    if not isinstance(storage, (str, os.PathLike)):
        raise TypeError(
            "storage must be the path of an SQLite file, the address of a database, an "
            f"Optuna storage or None. Got {storage!r} instead."
        )
    if "://" not in str(storage):
        return sqlite_address(_check_file(storage))
    try:
        url = sqlalchemy.make_url(storage)
        url.get_dialect()
    except ArgumentError as exc:  # includes unknown databases
        raise ValueError(
            "storage must be a path or the address of a database, such as "
            f'"postgresql+psycopg://user@host/name". {exc}'
        ) from exc
    if url.get_backend_name() != "sqlite":
        return storage
    if url.database in (None, "", ":memory:"):
        raise ValueError("For a study in memory, pass storage=None.")
    if url.database.startswith("file:"):
        return storage
    path = str(_check_file(url.database))
    return url.set(database=path).render_as_string(hide_password=False)


def sqlite_address(path):
    url = sqlalchemy.URL.create("sqlite", database=str(path))
    return url.render_as_string(hide_password=False)


def _check_file(storage):
    """Return the absolute path of an SQLite file that exists or can be made."""
    if not str(storage) or DATABASE.match(str(storage)):
        raise ValueError(
            "storage must be a path, or an address that has '://', such as "
            f'"sqlite:///study.db". Got {str(storage)!r} instead.'
        )
    path = Path(storage).expanduser().absolute()
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"The folder {path.parent} of the storage does not exist. Create it first."
        )
    if path.exists() and not path.is_file():
        raise ValueError(f"storage must be a file. {path} is a folder or a device.")
    start = b""
    if path.exists():
        with path.open("rb") as file:
            start = file.read(16)
    if path.suffix == ".journal" or start.startswith(b'{"'):
        raise ValueError(
            f"A path is that of an SQLite file, such as 'study.db'. Got {path}. For a "
            "journal pass optuna.storages.JournalStorage(optuna.storages.journal."
            f"JournalFileBackend({str(path)!r}))."
        )
    if start and not _has_room_for_a_study(path, start):
        raise ValueError(
            f"storage must be a new file or an SQLite file of studies. {path} is "
            "something else or damaged. It was not changed."
        )
    return path


def _has_room_for_a_study(path, start):
    if start != b"SQLite format 3\0":
        return False
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", BUSY, uri=True)
    with contextlib.closing(connection) as db:
        try:
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
        except sqlite3.DatabaseError:
            return False
    return not tables or "studies" in tables


def open_storage(address):
    """Open what `storage_address` returned; ConnectionError if that is impossible."""
    if not isinstance(address, str):
        return address
    engine = {"pool_pre_ping": True}
    if address.startswith("sqlite"):
        engine["connect_args"] = {"timeout": BUSY}
    for attempt in range(1, OPENINGS + 1):
        try:
            with no_experimental_warnings():
                return optuna.storages.RDBStorage(
                    address,
                    engine_kwargs=engine,
                    heartbeat_interval=HEARTBEAT,
                    grace_period=GRACE,
                    heartbeat_stale_trial_callback=retry_callback(),
                )
        except DBAPIError as exc:
            # Several processes may create the tables of a new database; one succeeds.
            if attempt < OPENINGS and re.search("exist|locked|unique", str(exc), re.I):
                time.sleep(POLL)
                continue
            name = sqlalchemy.make_url(address).render_as_string(hide_password=True)
            advice = "Start the server, or correct the address."
            if address.startswith("sqlite"):
                advice = "Check the rights to the file and the space on the disk."
            raise ConnectionError(
                f"The storage {name} does not answer: {exc.orig}. {advice}"
            ) from exc


def retry_callback():
    """Return Optuna's callback that puts a failed trial into the queue again."""
    with no_experimental_warnings():
        return optuna.storages.RetryHeartbeatStaleTrialCallback(max_retry=MAX_RETRIES)


@contextlib.contextmanager
def no_experimental_warnings():
    """Silence Optuna's warnings that heartbeats and retries are experimental."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield


@contextlib.contextmanager
def clear_storage_errors(storage):
    """Translate the errors of a database that goes away and of a damaged journal."""
    try:
        yield
    except Exception as exc:
        is_journal = isinstance(storage, optuna.storages.JournalStorage)
        cause = exc
        while cause is not None:
            if isinstance(cause, (DBAPIError, optuna.exceptions.StorageInternalError)):
                raise ConnectionError(
                    f"The study's storage went away: {getattr(cause, 'orig', cause)}. "
                    "What was finished is in it: call tune again when it is back."
                ) from exc
            if isinstance(cause, json.JSONDecodeError) and is_journal:
                raise ValueError(
                    "The journal of the study is damaged: a line is incomplete. Remove "
                    "its last line, or copy the whole lines to a new file."
                ) from exc
            cause = cause.__cause__ or cause.__context__
        raise
