# The image of `backend/api`. Build it from the folder with the application's source:
#
#     docker build --file backend/api.Dockerfile .
#
# Keep what must not end up in an image (.git, .env, keys) out of the build with a .dockerignore.

FROM gcr.io/distroless/static-debian12:nonroot@sha256:3333333333333333333333333333333333333333333333333333333333333333
LABEL org.opencontainers.image.title="api"
LABEL org.opencontainers.image.base.digest="sha256:3333333333333333333333333333333333333333333333333333333333333333"
WORKDIR /app
# Without a shell in the base, its modes can't be narrowed one by one; root owns it all.
COPY --chown=0:0 --chmod=0755 . ./
USER 1000:3000
STOPSIGNAL SIGTERM
# No HEALTHCHECK: Kubernetes ignores it and asks the probes of the pod.
ENTRYPOINT ["/app/api"]
