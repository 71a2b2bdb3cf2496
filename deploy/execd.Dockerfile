# The image whose podkeeper-execd goes into every sandbox (kubernetes.execd_image). Build the program first, with
# build_execd of deploy/prerequisites, then from the top of the repository:
#   docker build -f deploy/execd.Dockerfile -t registry.example/podkeeper-execd:1 .build-static/release
FROM scratch
COPY podkeeper-execd /podkeeper-execd
USER 1000:1000
ENTRYPOINT ["/podkeeper-execd"]
