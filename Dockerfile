# Two images from one build: docker build --target daemon . and --target operator .
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
ENV CGO_ENABLED=0
RUN go build -trimpath -tags grpcnotrace -ldflags "-s -w -X main.version=${VERSION}" -o /out/postern ./daemon \
 && go build -trimpath -tags grpcnotrace -ldflags "-s -w -X main.version=${VERSION}" -o /out/postern-operator ./operator \
 && mkdir -p /out/data

FROM gcr.io/distroless/static-debian12:nonroot AS operator
COPY --from=build /out/postern-operator /usr/bin/postern-operator
USER 65532:65532
ENTRYPOINT ["/usr/bin/postern-operator"]

FROM gcr.io/distroless/static-debian12:nonroot AS daemon
COPY --from=build /out/postern /usr/bin/postern
COPY --from=build --chown=65532:65532 /out/data /var/lib/postern
USER 65532:65532
VOLUME /var/lib/postern
ENV POSTERN_DIR=/var/lib/postern
EXPOSE 2525 8080 9090
ENTRYPOINT ["/usr/bin/postern"]
CMD ["serve", "--smtp", ":2525"]
