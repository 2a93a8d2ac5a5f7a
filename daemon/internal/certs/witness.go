package certs

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// witness is the way to an authority. It tells the log what the authority says is
// wrong, which autocert keeps to itself, and ends requests with the daemon.
type witness struct {
	ctx  context.Context // of the daemon
	next http.RoundTripper
	log  *slog.Logger
}

// Limits of one request to an authority.
const (
	answerWithin = 30 * time.Second
	maxAnswer    = 1 << 20 // a chain has under 10 KiB
)

func newWitness(ctx context.Context, roots *x509.CertPool, log *slog.Logger) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
	return &http.Client{Transport: &witness{ctx, transport, log}, Timeout: answerWithin}
}

// RoundTrip implements http.RoundTripper.
func (w *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(w.ctx, cancel)()
	response, err := w.next.RoundTrip(r.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	_ = response.Body.Close() // all that counts was read
	if err != nil {
		return nil, err
	}
	w.tell(response.Header.Get("Content-Type"), raw)
	response.Body = io.NopCloser(bytes.NewReader(raw))
	return response, nil
}

// problem is what an authority says is wrong (RFC 7807, RFC 8555 section 6.7).
type problem struct{ Type, Detail string }

// tell logs refusals, and challenges that were not met (RFC 8555 section 7.1.4).
func (w *witness) tell(kind string, raw []byte) {
	var answer struct {
		problem
		Identifier struct{ Value string }
		Challenges []struct {
			Type  string
			Error *problem
		}
	}
	if !strings.Contains(kind, "json") || json.Unmarshal(raw, &answer) != nil {
		return
	}
	if strings.HasPrefix(kind, "application/problem+json") && !strings.HasSuffix(answer.Type, ":badNonce") { // that one is no trouble: it is tried again
		w.log.Warn("the certificate authority refused", "type", clip(answer.Type), "detail", clip(answer.Detail))
	}
	for _, c := range answer.Challenges {
		if c.Error != nil {
			w.log.Warn("the certificate authority was not convinced", "name", clip(answer.Identifier.Value), "challenge", clip(c.Type),
				"type", clip(c.Error.Type), "detail", clip(c.Error.Detail))
		}
	}
}

// clip keeps what others say short in the log.
func clip(s string) string {
	const most = 500
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
