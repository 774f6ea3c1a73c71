"""What ails an installation: each finding is all right, or says what is wrong and the command that mends it."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, cast

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import get_connection
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from curation.models import Mail
from recsys.live.artifacts import artifact_path
from recsys.ml import artifact
from recsys.models import ModelVersion
from recsys.operations import standing as operations
from recsys.transport import cache, mail, transports

LEAST_POSTGRES: Final = 15
LEAST_FREE: Final = 0.10
LONGEST_LOCK_S: Final = 5
LONGEST_TRANSACTION_S: Final = 300
LARGEST_SKEW_S: Final = 1.0
SHORTEST_SECRET: Final = 32
MAIL_TIMEOUT_S: Final = 5
MB: Final = 2**20

_RESTART: Final = "make run"
_WAITING: Final = """
SELECT pid, extract(epoch FROM now() - state_change)::int, left(query, 80), pg_blocking_pids(pid)
  FROM pg_stat_activity
 WHERE wait_event_type = 'Lock' AND now() - state_change > make_interval(secs => %s)
"""
_LONG: Final = """
SELECT pid, extract(epoch FROM now() - xact_start)::int, state FROM pg_stat_activity
 WHERE datname = current_database() AND backend_type = 'client backend'
   AND now() - xact_start > make_interval(secs => %s)
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor: `remedy` is empty where all is right."""

    subject: str
    text: str
    remedy: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing is to be done."""
        return not self.remedy


Check = Callable[[], Iterator[Finding]]


def examine() -> list[Finding]:
    """Every finding; where the database does not answer, only what needs none."""
    findings = [*_versions(), *_disk(), *_safety(), *_cache(), *_mail()]
    try:
        connection.ensure_connection()
    except DatabaseError as trouble:
        return [*findings, Finding("database", f"does not answer: {trouble}".strip(), _RESTART)]
    inside: tuple[Check, ...] = (
        _database,
        _clock,
        _migrations,
        _locks,
        _work,
        _refused_mail,
        _artifacts,
    )
    return [*findings, *(finding for check in inside for finding in check())]


def _versions() -> Iterator[Finding]:
    text = f"Python {platform.python_version()}, Django {django.get_version()}"
    yield Finding("versions", f"{text}, {platform.system()} {platform.release()}")


def _disk() -> Iterator[Finding]:
    usage = shutil.disk_usage(settings.VAR_DIR)
    share = usage.free / usage.total
    text = f"{usage.free // MB} MB free ({share:.0%}) where {settings.VAR_DIR} lies"
    remedy = "" if share >= LEAST_FREE else f"du -sh {settings.VAR_DIR}/* and free some"
    yield Finding("disk", text, remedy)


def _safety() -> Iterator[Finding]:
    """What an attacker would look for."""
    yield Finding(
        "debug",
        "on: errors show code and settings" if settings.DEBUG else "off",
        "unset TANDEM_DEBUG" if settings.DEBUG else "",
    )
    short = len(settings.SECRET_KEY) < SHORTEST_SECRET
    yield Finding(
        "secret key",
        "short, so sessions can be forged" if short else f"{len(settings.SECRET_KEY)} characters",
        f"rm {settings.VAR_DIR}/secret_key, or set SECRET_KEY to 50 random characters"
        if short
        else "",
    )
    policy = cast("dict[str, list[str]]", settings.CONTENT_SECURITY_POLICY["DIRECTIVES"])
    loose = [name for name, sources in policy.items() if any("unsafe" in each for each in sources)]
    yield Finding(
        "content security policy",
        f"allows unsafe sources in {', '.join(loose)}" if loose else "strict",
        "remove them from CONTENT_SECURITY_POLICY" if loose else "",
    )
    yield from _transport()


def _transport() -> Iterator[Finding]:
    here = {"127.0.0.1", "localhost", "[::1]", "testserver"}
    if settings.TLS:
        yield Finding("TLS", f"expected; HSTS for {settings.SECURE_HSTS_SECONDS // 86_400} days")
    elif set(settings.ALLOWED_HOSTS) <= here:
        yield Finding("TLS", "off, for this machine alone")
    else:
        text = f"off, and {', '.join(settings.ALLOWED_HOSTS)} may be asked for"
        yield Finding("TLS", text, "put a proxy with TLS in front and set TANDEM_TLS=1")
    if "*" in settings.ALLOWED_HOSTS:
        yield Finding("hosts", "any name is answered", "set TANDEM_HOSTS to your own names")
    if settings.DEMO:
        yield Finding("demo", "on: everybody knows its logins; it listens to this machine alone")


def _cache() -> Iterator[Finding]:
    try:
        told = cache.ask(lambda client: client.info("server"), cache.PATIENT_TIMEOUT_S)
    except cache.Unavailable as trouble:
        yield Finding("cache", f"does not answer: {trouble}", _RESTART)
    else:
        yield Finding(
            "cache", f"answers: {told.get('server_name', 'redis')} {told['redis_version']}"
        )


def _mail() -> Iterator[Finding]:
    """Whether the server of the settings lets us in; nothing is sent."""
    if settings.MAIL_TRANSPORT == transports.CONSOLE:
        yield Finding("mail", "goes to no server, but to the log of the bulk worker")
        return
    try:
        told = mail.transport()
        with get_connection(**{**told, "timeout": MAIL_TIMEOUT_S}):
            yield Finding("mail", f"{told['host']}:{told['port']} lets us in")
    except (ImproperlyConfigured, OSError) as trouble:
        yield Finding("mail", f"goes nowhere: {trouble}", "mend TANDEM_MAIL, or that server")


def _database() -> Iterator[Finding]:
    major = connection.pg_version // 10_000  # type: ignore[attr-defined]
    old = major < LEAST_POSTGRES
    with connection.cursor() as cursor:
        cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        vector = cursor.fetchone()
        cursor.execute("SELECT pg_database_size(current_database())")
        (size,) = cursor.fetchone()
    yield Finding(
        "database",
        f"PostgreSQL {major}, {size // MB} MB",
        f"move to PostgreSQL {LEAST_POSTGRES} or newer" if old else "",
    )
    yield Finding(
        "pgvector",
        vector[0] if vector else "missing",
        "" if vector else "as a superuser of the database: CREATE EXTENSION vector",
    )


def _clock() -> Iterator[Finding]:
    """The database's clock against this machine's, over half the time that asking takes."""
    before = datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (there,) = cursor.fetchone()
    after = datetime.now(UTC)
    skew_s = (there - (before + (after - before) / 2)).total_seconds()
    wrong = abs(skew_s) > LARGEST_SKEW_S
    text = f"{skew_s:+.3f} s between the database and this machine"
    yield Finding("clock", text, "timedatectl set-ntp true, on both machines" if wrong else "")


def _migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    names = ", ".join(f"{each.app_label} {each.name}" for each, _ in missing[:3])
    text = f"{len(missing)} not applied: {names}" if missing else "all applied"
    yield Finding("migrations", text, "manage.py migrate" if missing else "")


def _locks() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [LONGEST_LOCK_S])
        waiting = cursor.fetchall()
        cursor.execute(_LONG, [LONGEST_TRANSACTION_S])
        long = cursor.fetchall()
    for pid, seconds, query, blockers in waiting:
        text = f"session {pid} has waited {seconds} s behind {blockers}: {query}"
        yield Finding("locks", text, f"SELECT pg_terminate_backend({blockers[0]})")
    for pid, seconds, state in long:
        text = f"session {pid} is in one transaction for {seconds} s ({state})"
        yield Finding("transactions", text, f"SELECT pg_terminate_backend({pid})")
    if not waiting and not long:
        yield Finding("locks", "nobody waits")


def _work() -> Iterator[Finding]:
    standing = operations.look()
    yield _broker(standing)
    for role in operations.WORKERS:
        alive = standing.alive(role)
        text = f"{len(alive)} alive" if alive else "none was seen lately"
        yield Finding(role, text, "" if alive else f"look into var/log/{role}.log, then {_RESTART}")
    for beat in standing.beats:
        if beat.problem and not standing.is_late(beat):
            yield Finding(beat.role, f"{beat.name}: {beat.problem}", f"see var/log/{beat.role}.log")
    for name, ago in standing.ticks.items():
        yield Finding("beat", _late(name, ago), f"look into var/log/beat.log, then {_RESTART}")
    yield _outbox(standing)
    for jobs in standing.jobs:
        yield _jobs(jobs, standing)


def _late(name: str, ago: timedelta | None) -> str:
    if ago is None:
        return f"{name!r} was never sent"
    if ago < timedelta():
        return f"{name!r} was last sent {-ago} from now, before the clock was set back"
    return f"{name!r} was not sent for {ago}"


def _broker(standing: operations.Standing) -> Finding:
    if standing.trouble:
        return Finding("broker", f"does not answer: {standing.trouble}", _RESTART)
    waiting = ", ".join(f"{queue} {length}" for queue, length in standing.queues.items())
    return Finding("broker", f"answers; waiting: {waiting}")


def _outbox(standing: operations.Standing) -> Finding:
    lag = standing.outbox
    late = lag.oldest is not None and lag.oldest > operations.LONGEST_LAG
    text = f"{lag.waiting} wait, the oldest {lag.oldest}" if lag.waiting else "empty"
    return Finding("outbox", text, "look into var/log/relay.log" if late else "")


def _refused_mail() -> Iterator[Finding]:
    stuck = Mail.objects.filter(attempts__gte=mail.MOST_ATTEMPTS).order_by("-next_at")
    if last := stuck.first():
        anew = "UPDATE curation_mail SET attempts = 0, next_at = now()"
        again = f"{anew} WHERE attempts >= {mail.MOST_ATTEMPTS};"
        text = f"{stuck.count()} given up, lately for: {last.problem}"
        yield Finding("mail", text, f"mend that, then in manage.py dbshell: {again}")


def _jobs(jobs: operations.Jobs, standing: operations.Standing) -> Finding:
    told = ", ".join(f"{count} {state}" for state, count in sorted(jobs.by_state.items()))
    if jobs.expired:
        text = f"{told}; {jobs.expired} lost their worker"
        return Finding(jobs.kind, text, "wait half a minute: the sweep frees them")
    waits = jobs.oldest is not None and jobs.oldest > operations.LONGEST_WAIT
    idle = not jobs.by_state.get("running")
    if waits and idle:
        text = f"{told}; the oldest has waited {jobs.oldest} while nothing runs"
        return Finding(jobs.kind, text, "look into var/log of the worker")
    return Finding(jobs.kind, told or "none yet")


def _artifacts() -> Iterator[Finding]:
    """The files of every version that can serve, byte by byte."""
    versions = list(ModelVersion.objects.filter(pruned_at=None).order_by("family", "number"))
    damaged = [(each, why) for each in versions if (why := _damage(each))]
    for version, why in damaged:
        yield Finding("artifacts", f"{version}: {why}", f"manage.py train {version.family}")
    if not damaged:
        yield Finding("artifacts", f"{len(versions)} versions are what was saved")


def _damage(version: ModelVersion) -> str:
    path: Path = artifact_path(version)
    try:
        artifact.read_folder(path, version.digest)
    except (artifact.CorruptArtifact, OSError) as damage:
        return str(damage)
    return ""
