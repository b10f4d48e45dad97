# The same steps as `make serve` in a fresh clone; tesseract reads text in images.
FROM python:3.11-slim

RUN apt-get update && apt-get install -y --no-install-recommends tesseract-ocr \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --home-dir /home/pegboard pegboard \
    && install -d -o pegboard /pegboard /data
USER pegboard
WORKDIR /pegboard

# What the server needs changes less often than the server: a layer of its own.
COPY --chown=pegboard Makefile pyproject.toml requirements.lock README.md ./
RUN python3 -m venv .venv \
    && .venv/bin/python -m pip install --no-cache-dir --require-hashes -r requirements.lock
COPY --chown=pegboard app app
COPY --chown=pegboard migrations migrations
RUN .venv/bin/python -m pip install --no-cache-dir --no-deps --no-build-isolation -e .

ENV PATH=/pegboard/.venv/bin:$PATH \
    PEGBOARD_HOST=0.0.0.0 \
    PEGBOARD_DATA_DIR=/data
EXPOSE 8000
VOLUME /data
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s \
    CMD ["python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz')"]
CMD ["pegboard", "serve"]
