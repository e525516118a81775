"""What stands in the blocks of statements: items of `run`, `rollout`, requests and the like."""

from polc.lsp.forms.model import QUALIFIERS, Form, form, part

_RUN = "run profile"


def _text(word: str, says: str, example: str) -> Form:
    return form(
        word,
        "build",
        says,
        f'{word} "{example}"',
        f'{word} "${{1:{example}}}"',
        part('"…"', word),
    )


def _words(word: str, says: str, example: str) -> Form:
    return form(
        word,
        "build",
        says,
        f'{word} ["{example}"]',
        f'{word} ["${{1:{example}}}"]',
        part('["…", …]', f"{word} ["),
    )


ITEMS: tuple[Form, ...] = (
    form(
        "user",
        _RUN,
        "The numeric user that the containers run as: 10001 unless said otherwise.",
        "user 101",
        "user ${1:10001}",
        part("ID", "user"),
    ),
    form(
        "group",
        _RUN,
        "The numeric group that the containers run as: 10001 unless said otherwise.",
        "group 101",
        "group ${1:10001}",
        part("ID", "group"),
    ),
    form(
        "fs-group",
        _RUN,
        "The group that volumes belong to.",
        "fs-group 101",
        "fs-group ${1:10001}",
        part("ID", "fs-group"),
    ),
    form(
        "writes",
        _RUN,
        "Paths that stay writable although the root file system is read-only: each becomes an"
        " emptyDir. `/tmp` always is one.",
        'writes "/var/cache/nginx", "/var/run"',
        'writes "${1:/var/cache}"',
        part('"/path", …', "writes list{string}"),
    ),
    form(
        "capability",
        _RUN,
        "Gives one capability of Linux back; all are dropped otherwise.",
        'capability CHOWN because "it takes over uploaded files"',
        'capability ${1:NET_BIND_SERVICE} because "${2:reason}"',
        part("CAPABILITY", "capability"),
        *QUALIFIERS,
    ),
    form(
        "relax",
        _RUN,
        "Loosens one field of the hardening, with a reason. The profile sets how far that may go.",
        'relax read-only-root because "the legacy report writer, PLAT-77"',
        'relax ${1:read-only-root} because "${2:reason}"',
        part("FIELD", "relax"),
        *QUALIFIERS,
    ),
    form(
        "cpu",
        "resources",
        "Request and limit of processor time: `100m` is a tenth of a core.",
        "cpu 100m..500m",
        "cpu ${1:100m}..${2:500m}",
        part("REQUEST[..LIMIT]", "cpu"),
    ),
    form(
        "memory",
        "resources",
        "Request and limit of memory.",
        "memory 128Mi..256Mi",
        "memory ${1:128Mi}..${2:256Mi}",
        part("REQUEST[..LIMIT]", "memory"),
    ),
    form(
        "grace",
        "stop",
        "The time between the signal and the end.",
        "grace 30s",
        "grace ${1:30s}",
        part("DURATION", "grace"),
    ),
    form(
        "signal",
        "stop",
        "The signal that asks the program to end: `SIGTERM` unless said otherwise.",
        "signal SIGQUIT",
        "signal ${1:SIGTERM}",
        part("SIGNAL", "signal"),
    ),
    form(
        "when",
        "rollout",
        "Requests that meet all conditions go to a version. Rules are tried in their order.",
        'when header "x-canary" = "always" and method GET -> v2',
        'when header "${1:x-canary}" = "${2:always}" -> ${3:v2}',
        part(
            "CONDITION [and CONDITION …]",
            "when conditions header cookie query path method and =",
            '`header "NAME" = "VALUE"`, `cookie`, `query`, `path "PATTERN"`, `method GET`',
        ),
        part("-> VERSION", "->", "A version of this rollout."),
    ),
    form(
        "",
        "rollout",
        "The share of the requests that a version gets of what no rule takes.",
        "v2 10%",
        "${1:v2} ${2:10}%",
        part("VERSION", "name"),
        part("PERCENT%", "name"),
        head="name",
    ),
    _text("base", "The image that the program runs in.", "python:3.13-slim"),
    _text("builder", "The image that the program is built in.", "python:3.13"),
    _text("app", "The folder of the program in the image.", "/app"),
    _words("install", "What the builder runs.", "pip install ."),
    _words("command", "What the container runs.", "python"),
    form(
        "rpc",
        "allow",
        "One method of gRPC, or with `*` all of a service.",
        'rpc "shop.Orders/Place"',
        'rpc "${1:package.Service}/${2:Method}"',
        part('"PACKAGE.SERVICE/METHOD"', "rpc"),
    ),
    form(
        "",
        "allow",
        "Requests of HTTP. `ANY` is every method; in a path `*` is one segment, a final `**` any"
        " rest.",
        'GET, HEAD "/v1/**" "/v2"',
        '${1:GET} "${2:/v1/**}"',
        part("METHODS", "list{upper}"),
        part('"/path" …', "list{upper} items{string}"),
        head="list{upper}",
    ),
    form(
        "",
        "role",
        "A privilege on the Kubernetes API.",
        "get, list, watch pods, pods/log",
        "${1:get, list, watch} ${2:pods}",
        part("VERBS", "list{verb}"),
        part("RESOURCES", "list{verb} list{resource} resource_name", "As `kubectl` writes them."),
        part('[named "…", …]', "named", "Only objects of these names."),
        *QUALIFIERS,
        head="list{verb}",
    ),
    form(
        "",
        "role",
        "A privilege on paths of the Kubernetes API that are no resources.",
        'get path "/metrics"',
        'get path "${1:/metrics}"',
        part("VERBS", "list{verb}"),
        part('path "/…", …', "path list{string}"),
        *QUALIFIERS,
        head="list{verb} path",
    ),
)
