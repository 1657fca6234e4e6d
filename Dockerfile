# One image for all roles; which one a container plays is its command (docker-compose.yml).
FROM python:3.11.14-slim-bookworm AS build
WORKDIR /build
COPY pyproject.toml README.md ./
COPY schemas schemas
COPY processors processors
COPY sinks sinks
COPY edge edge
COPY synthetic synthetic
COPY streams streams
RUN python -m venv /opt/ocmw && /opt/ocmw/bin/pip install --no-cache-dir .

FROM python:3.11.14-slim-bookworm
# a fixed number, so that volumes written by one version can be read by the next
RUN useradd --system --uid 10001 --create-home ocmw \
    && install --directory --owner=ocmw /var/lib/ocmw/store /var/lib/ocmw/state
COPY --from=build /opt/ocmw /opt/ocmw
ENV PATH=/opt/ocmw/bin:$PATH PYTHONUNBUFFERED=1
USER 10001
WORKDIR /var/lib/ocmw
VOLUME ["/var/lib/ocmw/store", "/var/lib/ocmw/state"]
EXPOSE 9108
ENTRYPOINT ["ocmw"]
CMD ["--help"]
