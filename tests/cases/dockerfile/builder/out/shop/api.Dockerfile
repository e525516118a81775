# Written by polc; edits are overwritten. What comes from which line: polc.map.json.
# The image of `shop/api`. Build it from the folder with the application's source:
#
#     docker build --file shop/api.Dockerfile .
#
# Keep what must not end up in an image (.git, .env, keys) out of the build with a .dockerignore.

FROM golang:1.26@sha256:1111111111111111111111111111111111111111111111111111111111111111 AS build
USER 0:0
WORKDIR /src
COPY . ./
# Only /src goes into the image, so the installation belongs below it. A secret is mounted for the
# one command that needs it; ARG and ENV would keep it in the image:
#     RUN --mount=type=secret,id=NAME,required=true […]
RUN ["go", "build", "-o", "/src/api", "./cmd/api"]
# Root's to change, everybody's to read: the process can't alter its own code.
# hadolint ignore=DL3059
RUN ["chmod", "-R", "u=rwX,go=rX", "/src"]
USER 10001:10001

FROM gcr.io/distroless/static@sha256:1111111111111111111111111111111111111111111111111111111111111111
LABEL org.opencontainers.image.title="api"
LABEL org.opencontainers.image.base.digest="sha256:1111111111111111111111111111111111111111111111111111111111111111"
WORKDIR /src
COPY --from=build --chown=0:0 /src /src
# At run time these are the only writable paths (with Docker: --read-only --tmpfs PATH):
# /tmp
USER 10001:10001
# No HEALTHCHECK: Kubernetes ignores it and asks the probes of the pod.
ENTRYPOINT ["/src/api"]
