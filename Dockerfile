# The runtime: registry, training dispatch, predictions and the console. What is in it, and what it expects: docs/image.md.
# Where images are pinned by digest: --build-arg NODE_IMAGE=docker.io/library/node@sha256:...
ARG NODE_IMAGE=docker.io/library/node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY . .
# No package needs its install script here: ONNX Runtime's own would fetch libraries for GPUs.
RUN npm ci --ignore-scripts --no-audit --no-fund \
  && npm run -s build -w @bedplate/console \
  && node tools/image/main.ts /app

FROM ${NODE_IMAGE}
# The service needs no package manager, and nothing should be installed with it.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn* \
  && mkdir -p /var/lib/bedplate && chown 10001:10001 /var/lib/bedplate
COPY --from=build /app /app
WORKDIR /app
ENV NODE_ENV=production
# A number, so that a cluster can see that it is not root.
USER 10001:10001
# HTTP and gRPC.
EXPOSE 4680 4681
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "--max-semi-space-size=4", "--heap-growing-percent=50", "/app/runtime/src/main.ts"]
