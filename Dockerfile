# The image of web, worker, beat and migration: one image, four commands (see compose.yaml and docs/operations.md).
FROM python:3.13-slim-bookworm AS packages
RUN pip install --no-cache-dir 'uv>=0.8,<1'
WORKDIR /build
COPY pyproject.toml requirements.lock ./
COPY deploy/runtime_requirements.py deploy/
# The lock file without the tools of development; every package is held to its hash.
RUN python deploy/runtime_requirements.py requirements.lock > runtime.lock \
    && uv venv /opt/venv \
    && uv pip install --python /opt/venv/bin/python --require-hashes --no-cache -r runtime.lock

FROM python:3.13-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings
RUN groupadd --gid 10001 ledger \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin ledger \
    # Where the mail catcher keeps its mails; a volume begins with this ownership.
    && install --directory --owner=ledger --group=ledger /mail
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY . .
# Settings must be there for any command; these are thrown away with the step.
RUN SECRET_KEY=only-for-this-step-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEF \
    ALLOWED_HOSTS=localhost DATABASE_URL=postgresql://nobody@localhost/none BROKER_URL=memory:// \
    python manage.py collectstatic --no-input --verbosity 0
USER 10001:10001
EXPOSE 8000
CMD ["gunicorn", "-c", "config/gunicorn.py", "--bind", "0.0.0.0:8000", "--worker-tmp-dir", "/dev/shm", "config.wsgi"]
