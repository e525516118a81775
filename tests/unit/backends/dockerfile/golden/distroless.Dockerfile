# The image of `backend/api`. Build it from the folder with the application's source:
#
#     docker build --file backend/api.Dockerfile .
#
# Keep what must not end up in an image (.git, .env, keys) out of the build with a .dockerignore.

FROM golang:1.26@sha256:3333333333333333333333333333333333333333333333333333333333333333 AS build
USER 0:0
WORKDIR /srv/app
COPY . ./
# Only /srv/app goes into the image, so the installation belongs below it. A secret is mounted for the
# one command that needs it; ARG and ENV would keep it in the image:
#     RUN --mount=type=secret,id=NAME,required=true […]
RUN ["go", "build", "-o", "/srv/app/bin/", "./..."]
# Root's to change, everybody's to read: the process can't alter its own code.
# hadolint ignore=DL3059
RUN ["chmod", "-R", "u=rwX,go=rX", "/srv/app"]
USER 1000:3000

FROM gcr.io/distroless/static-debian12:nonroot@sha256:3333333333333333333333333333333333333333333333333333333333333333
LABEL org.opencontainers.image.title="api"
LABEL org.opencontainers.image.base.digest="sha256:3333333333333333333333333333333333333333333333333333333333333333"
WORKDIR /srv/app
COPY --from=build --chown=0:0 /srv/app /srv/app
USER 1000:3000
EXPOSE 50051 6000-6010/udp
STOPSIGNAL SIGTERM
# No HEALTHCHECK: Kubernetes ignores it and asks the probes of the pod.
ENTRYPOINT ["/srv/app/bin/api"]
