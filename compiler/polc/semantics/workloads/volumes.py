"""The volumes of pods, and where containers can write to them.

Sources: core/v1 types.go (VolumeSource, VolumeMount, VolumeDevice); kubernetes.io, "Volumes":
ConfigMaps, Secrets, projected ones, the downward API and images are mounted to be read only.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from polc.semantics.objects.model import Key
from polc.semantics.objects.values import items, mapping
from polc.semantics.workloads.templates import Template

_READ_ONLY = frozenset(("configMap", "secret", "projected", "downwardAPI", "image", "gitRepo"))
WORDS = {
    "hostPath": "a path of the node",
    "emptyDir": "an `emptyDir`",
    "persistentVolumeClaim": "a persistent volume",
    "ephemeral": "a persistent volume of its own",
    "device": "a block device",
}
"""What messages call a kind of volume."""


@frozen
class Volume:
    """A volume of a pod: its kind is the name of the field that says where it comes from."""

    name: str
    kind: str
    body: Mapping[str, Any]
    keys: tuple[Key, ...]

    @property
    def writable(self) -> bool:
        """Whether anything can be written there, if its mount permits it."""
        return self.kind not in _READ_ONLY and self.body.get("readOnly") is not True


@frozen
class Mount:
    """A volume in a container, at `path`; a block device is one as well."""

    volume: Volume
    container: str
    path: str
    writable: bool
    keys: tuple[Key, ...]


def volumes(template: Template) -> Iterator[Volume]:
    """Yield the volumes of a pod; a StatefulSet's claims are volumes too."""
    for index, each in enumerate(map(mapping, items(template.spec.get("volumes")))):
        # The API server refuses a volume of two kinds; the looser one is the safe reading.
        kinds = [key for key in each if key != "name"] or ["emptyDir"]
        kind = "hostPath" if "hostPath" in kinds else kinds[0]
        name = str(each.get("name", ""))
        yield Volume(name, kind, mapping(each.get(kind)), ("volumes", index, kind))
    if template.found.kind == "StatefulSet":
        for claim in map(mapping, items(template.found.spec.get("volumeClaimTemplates"))):
            name = str(mapping(claim.get("metadata")).get("name", ""))
            yield Volume(name, "persistentVolumeClaim", {}, ("volumes",))


def mounts(template: Template) -> Iterator[Mount]:
    """Yield every volume in every container; a mount of no volume is refused, and left out."""
    known = {each.name: each for each in volumes(template)}
    for path, container in template.containers():
        name = str(container.get("name", ""))
        for index, each in enumerate(map(mapping, items(container.get("volumeMounts")))):
            volume = known.get(str(each.get("name", "")))
            if volume is not None:
                writable = volume.writable and each.get("readOnly") is not True
                keys = (*path, "volumeMounts", index)
                yield Mount(volume, name, str(each.get("mountPath", "")), writable, keys)
        for index, each in enumerate(map(mapping, items(container.get("volumeDevices")))):
            volume = known.get(str(each.get("name", "")))
            if volume is not None:
                device = Volume(volume.name, "device", volume.body, volume.keys)
                keys = (*path, "volumeDevices", index)
                yield Mount(device, name, str(each.get("devicePath", "")), volume.writable, keys)
