# Two images from one build: docker build --target daemon . and --target operator .
#
# The same sources, VERSION, and base images give the same files: nothing of the
# machine goes into them. Whoever wants that of the whole image too, names the base
# images by their digests.
ARG GO=golang:1.26-bookworm
ARG BASE=gcr.io/distroless/static-debian12:nonroot

FROM ${GO} AS build
WORKDIR /src
ENV CGO_ENABLED=0 GOFLAGS="-trimpath -buildvcs=false"
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN go build -tags grpcnotrace -ldflags "-s -w -X main.version=${VERSION}" -o /out/postern ./daemon \
 && go build -tags grpcnotrace -ldflags "-s -w -X main.version=${VERSION}" -o /out/postern-operator ./operator \
 && mkdir -p /out/data
# What is in each, as CycloneDX tells it.
RUN for program in postern postern-operator; do \
      go tool -modfile=hack/tools/go.mod cyclonedx-gomod bin -json -std -noserial -notimestamp \
        -version "${VERSION}" -output /out/$program.cdx.json /out/$program; \
    done

FROM ${BASE} AS operator
ARG VERSION=dev
ARG REVISION=
LABEL org.opencontainers.image.title="Postern operator" \
      org.opencontainers.image.description="Turns HelpCenter, TicketForm and Mailbox resources into what Postern serves" \
      org.opencontainers.image.source="https://github.com/posterndesk/postern" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /out/postern-operator /usr/bin/postern-operator
COPY --from=build /out/postern-operator.cdx.json /usr/share/sbom/
USER 65532:65532
ENTRYPOINT ["/usr/bin/postern-operator"]

FROM ${BASE} AS daemon
ARG VERSION=dev
ARG REVISION=
LABEL org.opencontainers.image.title="Postern" \
      org.opencontainers.image.description="Email-first support gateway" \
      org.opencontainers.image.source="https://github.com/posterndesk/postern" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /out/postern /usr/bin/postern
COPY --from=build /out/postern.cdx.json /usr/share/sbom/
COPY --from=build --chown=65532:65532 /out/data /var/lib/postern
USER 65532:65532
VOLUME /var/lib/postern
ENV POSTERN_DIR=/var/lib/postern
EXPOSE 2525 8080 9090
ENTRYPOINT ["/usr/bin/postern"]
CMD ["serve", "--smtp", ":2525"]
