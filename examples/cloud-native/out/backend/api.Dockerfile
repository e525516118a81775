# Written by polc; edits are overwritten. What comes from which line: polc.map.json.
# The image of `backend/api`. Build it from the folder with the application's source:
#
#     docker build --file backend/api.Dockerfile .
#
# Keep what must not end up in an image (.git, .env, keys) out of the build with a .dockerignore.

FROM python:3.13-slim@sha256:3333333333333333333333333333333333333333333333333333333333333333 AS build
USER 0:0
WORKDIR /app
COPY . ./
# Root's to change, everybody's to read: the process can't alter its own code.
RUN ["chmod", "-R", "u=rwX,go=rX", "/app"]
USER 1000:3000

FROM python:3.13-slim@sha256:3333333333333333333333333333333333333333333333333333333333333333
LABEL org.opencontainers.image.title="api"
LABEL org.opencontainers.image.base.digest="sha256:3333333333333333333333333333333333333333333333333333333333333333"
WORKDIR /app
COPY --from=build --chown=0:0 /app /app
# No program gives more rights than its caller has. Last, so that it sees every file.
USER 0:0
RUN ["find", "/", "-xdev", "-type", "f", "-perm", "/6000", "-exec", "chmod", "a-s", "{}", "+"]
# At run time these are the only writable paths (with Docker: --read-only --tmpfs PATH):
# /tmp
USER 1000:3000
EXPOSE 8080
STOPSIGNAL SIGTERM
# No HEALTHCHECK: Kubernetes ignores it and asks the probes of the pod.
ENTRYPOINT ["python", "-m", "myapp"]
