# syntax=docker/dockerfile:1
# Two stages: the first builds everything into a virtual environment, the second runs it as an ordinary user.

FROM python:3.13.9-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/amends
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY amends amends
COPY ingest ingest
COPY triage triage
COPY respond respond
COPY storage storage
RUN /opt/amends/bin/pip install --no-cache-dir --disable-pip-version-check --constraint constraints.txt '.[traces]'

FROM python:3.13.9-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/amends --create-home amends \
    && install --directory --owner=amends --group=amends /certificates
COPY --from=build /opt/amends /opt/amends
COPY --chmod=0755 deploy/entrypoint.sh /usr/local/bin/entrypoint
ENV PATH=/opt/amends/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    AMENDS_DATA_DIR=/var/lib/amends/data \
    AMENDS_FORM_HOST=0.0.0.0
USER 10001
WORKDIR /var/lib/amends
VOLUME /var/lib/amends
EXPOSE 8080 8081
# For `amends up`: can forms be kept? Where a container runs one service, docker-compose.yml asks that service.
HEALTHCHECK --interval=15s --timeout=5s --start-period=40s --retries=4 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/readyz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["entrypoint"]
CMD ["up"]
