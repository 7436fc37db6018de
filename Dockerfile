# The parts of netmon that run beside a ClickHouse server: without the embedded engine (543 MB), build tools and tests.

FROM node:24.20.0-slim AS build
WORKDIR /netmon
COPY package.json package-lock.json .npmrc ./
# Whole, since compilers ship their programs as optional dependencies; no package runs a script.
RUN npm ci --include=dev --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build

FROM node:24.20.0-slim AS dependencies
WORKDIR /netmon
COPY package.json package-lock.json .npmrc ./
# Optional ones are Kafka's codecs, which stay, and the embedded engine.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && rm -rf node_modules/chdb node_modules/@chdb

FROM node:24.20.0-slim
ENV NODE_ENV=production NETMON_DATA_DIR=/data
WORKDIR /netmon
COPY --from=dependencies /netmon/node_modules node_modules
COPY --from=build /netmon/dist dist
COPY package.json LICENSE ./
COPY netmon/bin.js netmon/bin.js
COPY schema/flow.proto schema/flow.proto
COPY schema/clickhouse schema/clickhouse
COPY schema/clickhouse-kafka schema/clickhouse-kafka
COPY docker/healthcheck.js docker/preflight.sh docker/
# A named volume takes the owner of the directory that it covers.
RUN install -d -o node -g node -m 0700 /data
USER node
ENTRYPOINT ["node", "netmon/bin.js"]
