# The daemon and the operators' command line, for deploy/kubernetes. Build the programs first, with the Swift runtime in
# them, then from the top of the repository:
#   swift build -c release --static-swift-stdlib --product podkeeperd
#   swift build -c release --static-swift-stdlib --product podkeeper
#   docker build -f deploy/podkeeper.Dockerfile -t registry.example/podkeeper:1 .build/release
FROM debian:12-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates libcurl4 libsqlite3-0 \
 && rm -rf /var/lib/apt/lists/*
COPY podkeeperd podkeeper /usr/bin/
USER 2000:2000
ENTRYPOINT ["/usr/bin/podkeeperd"]
