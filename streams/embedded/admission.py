"""The embedded driver of keyed services: files of their topics in, states and answers kept in a store, no server.

    files ─► headers read ─► admission, record by record ─► log of accesses ─► one transaction

The order of files on the command line, then of records in a file, is the log order, over all topics. Running it again
changes nothing: what was applied is a duplicate. A file that turns out corrupt leaves the store as it was.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from processors.services.admission import Codec, Known, admitted
from processors.services.all_services import SERVICES, hearers, owner
from processors.services.protocol import Service, kept_under, key_of
from schemas.faults import Fault
from schemas.log import CorruptFileError
from schemas.services.faults import SERVICE_FAULT
from schemas.services.reading import Record, TopicFile, value_of
from schemas.services.records import Instant, SocialReportRequest
from schemas.services.topics import TOPIC, TopicName
from sinks.directory.set_aside import SetAside, append_run
from sinks.lock import writer_lock
from sinks.services.accesses import note_requests
from sinks.services.database import Kept, KeyState, ServiceDatabase
from sinks.services.subsidy_forms import KeptForm, SubsidyForms
from streams.shell import clock
from streams.shell.progress import Report, silent


@dataclass(slots=True)
class Balance:
    """What became of a service's events in a run (L2), and how many wait in the whole store."""

    applied: int = 0
    duplicates: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    waiting: int = 0

    @property
    def events(self) -> int:
        """Events in."""
        return self.applied + self.duplicates + self.faults.total()


class Memory:
    """What a service knows, key by key: read from the store when first touched, written at the end of the run."""

    def __init__(self, service: Service[Any], kept: Callable[[str, bytes], bytes | None]) -> None:
        """Begin with nothing touched; ``kept`` returns what the store holds of a service and key."""
        self.service = service
        self._codec = Codec(service)
        self._kept = kept
        self._touched: dict[bytes, Known[Any]] = {}
        self._changed: set[bytes] = set()

    def __getitem__(self, key: bytes) -> Known[Any]:
        """Return what is known under a key."""
        if key not in self._touched:
            kept = self._kept(self.service.name, key)
            self._touched[key] = self._codec.read(kept) if kept is not None else Known(self.service.begin())
        return self._touched[key]

    def __setitem__(self, key: bytes, known: Known[Any]) -> None:
        """Let something else be known under a key."""
        self._touched[key] = known
        self._changed.add(key)

    def changed(self) -> Iterator[KeyState]:
        """Yield what is known under the keys that changed."""
        for key in sorted(self._changed):
            known = self._touched[key]
            waits = self.service.waiting(known.state)
            yield KeyState(self.service.name, key, self._codec.write(known), waits)


class Admitting:
    """A run: records go in one by one, and nothing is kept before ``keep``."""

    def __init__(self, database: ServiceDatabase, kept: Callable[[str, bytes], bytes | None], root: Path) -> None:
        """Name the store, whose lock the caller holds, and what it holds of a service and key."""
        self._root = root
        self._database = database
        self._memories = {service.name: Memory(service, kept) for service in SERVICES}
        self._records: list[Kept] = []
        self._set_aside: list[SetAside] = []
        self._requests: list[SocialReportRequest] = []
        self._refused: list[tuple[str, Record]] = []
        self.balances: dict[str, Balance] = {}

    def admit(self, topic: TopicName, record: Record | str, at: Instant, place: tuple[str, int]) -> Fault | str:
        """Admit a record of a topic, or set it aside; return its fault, ``applied`` or ``duplicate``.

        A slug stands for a record that could not be read; ``place`` is its file and number, from 1.
        """
        service = owner(topic)
        if service is None:
            message = f"topic {topic} is written by services, and admitted by none"
            raise ValueError(message)
        balance = self.balances.setdefault(service.name, Balance())
        became = SERVICE_FAULT[record] if isinstance(record, str) else self._fold(service, topic, record, at)
        if isinstance(became, Fault):
            balance.faults[became.slug] += 1
            self._set_aside.append(SetAside(*place, became))
            self._refused += [(place[0], record)] if became.slug == "refused-report" else []
        elif became == "applied":
            balance.applied += 1
        else:
            balance.duplicates += 1
        return became

    def _fold(self, service: Service[Any], topic: TopicName, record: Record, at: Instant) -> Fault | str:
        became = self._step(service, record, at)
        if became == "applied":
            self._records.append(Kept(topic, key_of(record), value_of(TOPIC[topic], record)))
            self._requests += [record] if isinstance(record, SocialReportRequest) else []
            for other in hearers(topic):
                self._step(other, record, at)
        return became

    def _step(self, service: Service[Any], record: Record, at: Instant) -> Fault | str:
        memory, key = self._memories[service.name], kept_under(record)
        before = memory[key]
        known, became = admitted(service, before, record, at)
        if became == "applied":
            memory[key] = known
            answers = service.sent(before.state, known.state)
            self._records += [Kept("answers", key_of(one), value_of(TOPIC["answers"], one)) for one in answers]
        return became

    def keep(self) -> None:
        """Keep all of the run durably, and tell what was set aside; requests are noted before. Raises StoreError."""
        note_requests(self._root, self._requests, clock.instant())
        states = [state for memory in self._memories.values() for state in memory.changed()]
        self._database.write(self._records, states)
        append_run(self._root, self._set_aside)
        if self._refused:
            self._keep_refused()
        for name, balance in self.balances.items():
            balance.waiting = self._database.waiting(name)

    def _keep_refused(self) -> None:
        """Keep refused yearly reports, for their corrections."""
        forms, memory = SubsidyForms(self._root), self._memories["subsidies"]
        for file, record in self._refused:
            key = kept_under(record)
            known = len(memory[key].state.reports)
            forms.add(key, KeptForm(file, value_of(TOPIC["reports"], record), refused=True, known=known))
        forms.save()


@contextmanager
def admitting(root: Path) -> Iterator[Admitting]:
    """Open a run on the store at ``root``, which no other program may write to; nothing is kept before ``keep``.

    Raises StoreLockedError.
    """
    lock = writer_lock(root)
    lock.acquire()
    database = ServiceDatabase(root)
    try:
        with database.looking_up() as kept:
            yield Admitting(database, kept, root)
    finally:
        lock.release()


def admit_files(paths: Iterable[Path], root: Path, at: Instant, progress: Report = silent) -> dict[str, Balance]:
    """Admit files into the store at ``root`` and return the balance of each service whose topics they hold.

    ``at`` is the time at which all of it comes. Raises CorruptFileError for a file that is none of a service, or not
    whole; then the store is as it was. Raises StoreLockedError while another program writes to it.
    """
    files = [_opened(path) for path in paths]
    with admitting(root) as run:
        for number, file in enumerate(files):
            progress(f"admitting {file.file.path.name}", number, len(files))
            service = owner(file.topic.name)
            run.balances.setdefault(service.name if service else "", Balance())
            for place, record in enumerate(file.records(), start=1):
                run.admit(file.topic.name, record, at, (file.file.path.name, place))
        run.keep()
        return run.balances


def _opened(path: Path) -> TopicFile:
    file = TopicFile.open(path)
    if owner(file.topic.name) is None:
        message = f"{path}: holds {file.topic.name}, which the services write themselves; give what they read"
        raise CorruptFileError(message)
    return file


def states_of(service: Service[Any], root: Path) -> Iterator[tuple[bytes, Any]]:
    """Yield (key, state) of all that a service knows in the store at ``root``, by key. Raises StoreError."""
    codec = Codec(service)
    for key, value in ServiceDatabase.reading(root).states(service.name):
        yield key, codec.read(value).state


def state_of(service: Service[Any], root: Path, key: bytes) -> Any:  # noqa: ANN401 - the service's own
    """Return what a service knows under a key, its beginning where that is nothing. Raises StoreError."""
    kept = ServiceDatabase.reading(root).state(service.name, key)
    return service.begin() if kept is None else Codec(service).read(kept).state
