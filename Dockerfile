# The service: docker build -t divecast . && docker run -p 8766:8766 -e DIVECAST_TOKEN -v "$PWD/models:/models:ro" divecast /models/loads.safetensors
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY src src
# torch without CUDA first, so that no other build of it is fetched for a dependency.
RUN python -m venv /opt/divecast \
 && /opt/divecast/bin/pip install --no-cache-dir --constraint constraints.txt torch --index-url https://download.pytorch.org/whl/cpu --extra-index-url https://pypi.org/simple \
 && /opt/divecast/bin/pip install --no-cache-dir --constraint constraints.txt ".[serve]"

FROM python:3.12-slim
COPY --from=build /opt/divecast /opt/divecast
RUN useradd --uid 10001 --no-create-home divecast
USER 10001
ENV OMP_NUM_THREADS=1 PYTHONUNBUFFERED=1
EXPOSE 8766
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["/opt/divecast/bin/python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8766/ready', timeout=4)"]
ENTRYPOINT ["/opt/divecast/bin/divecast", "serve", "--host", "0.0.0.0"]
