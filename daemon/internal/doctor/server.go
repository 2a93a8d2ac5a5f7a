package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/smtp"
	"time"
)

// greeted asks our own mail server for encryption, as those do who bring mail.
// Most of them do not look at the certificate, so that a bad one is a warning.
func (d *Doctor) greeted(ctx context.Context) Finding {
	state, err := d.startTLS(ctx)
	var refused *tls.CertificateVerificationError
	switch {
	case errors.Is(err, errNoTLS):
		return Finding{What: "TLS", State: Warning, Words: "mail comes in clear text: give the daemon certificates with --tls or --acme"}
	case errors.As(err, &refused):
		return Finding{What: "TLS", State: Warning, Words: "mail is encrypted, but who looks at the certificate sends none: " + refused.Err.Error()}
	case err != nil:
		return Finding{What: "TLS", State: Skipped, Words: "it can't be seen from here: " + err.Error()}
	}
	return d.lasts(state.PeerCertificates[0], tls.VersionName(state.Version))
}

var errNoTLS = errors.New("no STARTTLS is offered")

func (d *Doctor) startTLS(ctx context.Context) (tls.ConnectionState, error) {
	var none tls.ConnectionState
	conn, err := (&net.Dialer{Timeout: visitWithin}).DialContext(ctx, "tcp", nearby(d.SMTP))
	if err != nil {
		return none, err
	}
	defer func() { _ = conn.Close() }() // all that counts was seen
	if err := conn.SetDeadline(time.Now().Add(visitWithin)); err != nil {
		return none, err
	}
	client, err := smtp.NewClient(conn, d.Hostname)
	if err != nil {
		return none, err
	}
	if offered, _ := client.Extension("STARTTLS"); !offered {
		return none, errNoTLS
	}
	if err := client.StartTLS(&tls.Config{ServerName: d.Hostname, RootCAs: d.Roots, MinVersion: tls.VersionTLS12}); err != nil {
		return none, err
	}
	state, _ := client.TLSConnectionState()
	return state, client.Quit()
}

// nearby is an address that a server that listens everywhere is reached at.
func nearby(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err == nil && (host == "" || net.ParseIP(host).IsUnspecified()) {
		return net.JoinHostPort("localhost", port)
	}
	return address
}
