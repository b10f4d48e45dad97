# Everything is installed in the first stage; the second has no installer and nothing that builds.
FROM python:3.11-slim AS build
WORKDIR /pegboard

# pip checks the installer by its hashes, and the installer all that the server needs by theirs.
COPY installer.lock ./
RUN python3 -m venv /installer \
    && /installer/bin/python -m pip install --no-cache-dir --require-hashes -r installer.lock
ENV UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never

# What the server needs changes less often than the server: a layer of its own, here and below.
COPY requirements.lock ./
RUN /installer/bin/uv venv .venv \
    && /installer/bin/uv pip install --python .venv/bin/python --require-hashes --no-build \
        --compile-bytecode -r requirements.lock
# An editable installation names the place; the source comes there last.
COPY pyproject.toml README.md ./
RUN mkdir -p app/pegboard migrations && touch app/pegboard/__init__.py migrations/__init__.py \
    && /installer/bin/uv pip install --python .venv/bin/python --no-deps --no-build-isolation -e .

FROM python:3.11-slim
# tesseract reads text in images.
RUN apt-get update && apt-get install -y --no-install-recommends tesseract-ocr \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --home-dir /home/pegboard pegboard \
    && install -d -o pegboard -m 0700 /data
WORKDIR /pegboard
# All of it belongs to root: what runs cannot change it.
COPY --from=build /pegboard/.venv .venv
COPY app app
COPY migrations migrations
RUN .venv/bin/python -m compileall -q app migrations
USER pegboard

ENV PATH=/pegboard/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PEGBOARD_HOST=0.0.0.0 \
    PEGBOARD_DATA_DIR=/data
EXPOSE 8000
VOLUME /data
# The shell asks by itself: to start Python would cost a busy machine more than the answer.
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${PEGBOARD_PORT:-8000} && printf 'GET /readyz HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
CMD ["pegboard", "serve"]
