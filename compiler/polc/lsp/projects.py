"""To which program a document belongs: the project's `files`, or else whoever imports it."""

import os
import re
from collections.abc import Iterable, Iterator

from attrs import define, evolve, field

from polc.config import Config, ConfigError, fault, find_config
from polc.lsp.documents import Documents
from polc.syntax import Declaration, Import, String
from polc_backends.registry import RegistryError, load

Entries = tuple[str, ...]
"""The files that a program starts from, as absolute paths."""

_imports = re.compile(r'^[ \t]*import[ \t]+"([^"\n]+)"', re.MULTILINE).findall
_SKIPPED = frozenset({"node_modules", "__pycache__", "venv", "target", "dist", "build"})
_MOST_FILES = 5000
"""How many files of a workspace are looked into for imports."""


@define(eq=False)
class Projects:
    """Finds programs; `folders` are the workspace's."""

    documents: Documents
    folders: list[str] = field(factory=list)
    faults: dict[str, ConfigError] = field(factory=dict)
    """What is wrong with files of settings, by their path."""
    _configs: dict[str, Config] = field(factory=dict)
    _files: frozenset[str] | None = None
    _imported: dict[str, tuple[object, tuple[str, ...]]] = field(factory=dict)
    _closed: tuple[frozenset[str], dict[str, set[str]]] | None = None

    def config(self, path: str) -> Config:
        """Return the settings for a file; where they are wrong, none at all."""
        folder = os.path.dirname(path)
        if folder not in self._configs:
            try:
                config = find_config(folder, self._read)
                if config.path is not None:
                    self.faults.pop(config.path, None)
                config = self._checked(config)
            except ConfigError as error:
                self.faults[error.path] = error
                config = Config(None, folder)
            self._configs[folder] = config
        return self._configs[folder]

    def _checked(self, config: Config) -> Config:
        """Return settings without targets that there are not; these and missing files are told."""
        for path in config.files:
            if path not in self.documents.open and not os.path.exists(path):
                self._tell(config, "files", f"can't read `{os.path.relpath(path, config.root)}`")
        try:
            load(config.targets)
        except RegistryError as error:
            self._tell(config, "targets", str(error))
            return evolve(config, targets=None)
        return config

    def _tell(self, config: Config, key: str, message: str) -> None:
        if config.path is not None:
            self.faults[config.path] = fault(config, key, message, self._read)

    def _read(self, path: str) -> bytes:
        # In a folder that can't be searched there is nothing, as for the command line.
        if path not in self.documents.open and not os.path.exists(path):
            raise FileNotFoundError(path)
        return self.documents.read(path)

    def programs(self, path: str) -> tuple[Entries, ...]:
        """Return the programs that a file belongs to; it is one by itself if nobody imports it."""
        config = self.config(path)
        if config.files and path in self._closure(config.files):
            return (config.files,)
        edited = self._importers({*self.documents.open, path})
        others = self._others()
        above, waiting, roots = {path}, [path], []
        while waiting:
            each = waiting.pop()
            importers = edited.get(each, set()) | others.get(each, set())
            if not importers:
                roots.append(each)
            waiting += importers - above
            above |= importers
        return tuple((root,) for root in sorted(roots)) or ((path,),)

    def _others(self) -> dict[str, set[str]]:
        """Return who imports each file, among files that are not open; looked up once."""
        edited = frozenset(self.documents.open)
        if self._closed is None or self._closed[0] != edited:
            self._closed = edited, self._importers(self.files() - edited)
        return self._closed[1]

    def _importers(self, paths: Iterable[str]) -> dict[str, set[str]]:
        importers: dict[str, set[str]] = {}
        for each in paths:
            for target in self._targets(each):
                importers.setdefault(target, set()).add(each)
        return importers

    def files(self) -> frozenset[str]:
        """Return every program text of the workspace."""
        if self._files is None:
            found: list[str] = []
            for folder in self.folders:
                for path in _walk(folder):
                    found.append(path)
                    if len(found) >= _MOST_FILES:
                        break
            self._files = frozenset(found)
        return self._files | self.documents.open.keys()

    def refresh(self) -> None:
        """Look again at settings and at what files there are."""
        self._configs.clear()
        self.faults.clear()
        self._files = self._closed = None

    def _closure(self, entries: Iterable[str]) -> set[str]:
        reached: set[str] = set()
        waiting = list(entries)
        while waiting:
            path = waiting.pop()
            if path not in reached:
                reached.add(path)
                waiting += self._targets(path)
        return reached

    def _targets(self, path: str) -> tuple[str, ...]:
        """Return the files that a file imports, without parsing it."""
        document = self.documents.open.get(path)
        try:
            stamp: object = document.text if document else os.stat(path).st_mtime_ns
            known = self._imported.get(path)
            if known is not None and known[0] == stamp:
                return known[1]
            named = (
                _imported_by(document.tree.file.declarations)
                if document
                else _imports(self.documents.read(path).decode("utf-8"))
            )
        except (OSError, ValueError):
            return ()
        folder = os.path.dirname(path)
        targets = tuple(os.path.normpath(os.path.join(folder, each)) for each in named)
        self._imported[path] = (stamp, targets)
        return targets


def _imported_by(declarations: Iterable[Declaration]) -> Iterator[str]:
    for each in declarations:
        if isinstance(each, Import) and isinstance(each.target, String):
            yield each.target.value


def _walk(folder: str) -> Iterator[str]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(
            each for each in folders if not each.startswith(".") and each not in _SKIPPED
        )
        yield from (os.path.join(parent, name) for name in sorted(files) if name.endswith(".svc"))
