FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY nginx_memlint nginx_memlint
RUN python -m venv /opt/memlint && /opt/memlint/bin/pip install --no-cache-dir .

FROM python:3.12-slim
COPY --from=build /opt/memlint /opt/memlint
USER 65534
WORKDIR /conf
ENTRYPOINT ["/opt/memlint/bin/memlint"]
CMD ["check", "/conf"]
