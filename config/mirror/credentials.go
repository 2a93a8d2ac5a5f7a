package mirror

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"sync"

	"google.golang.org/grpc/credentials"
)

// reread are credentials that read the files of an Access for each connection:
// authorities are replaced while programs run, as certificates are renewed. Who is
// believed is decided by crypto/tls, from a configuration that is as new as the
// connection.
type reread struct {
	access Access

	mu   sync.Mutex
	last credentials.TransportCredentials // of the files when they were last whole
}

func newReread(access Access, secure *tls.Config) *reread {
	return &reread{access: access, last: credentials.NewTLS(secure)}
}

// fresh are credentials of the files as they are. Of files that are half written, or
// gone for a moment, those of before hold; the connection after this one tries again.
func (r *reread) fresh() credentials.TransportCredentials {
	secure, err := r.access.secure()
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.last = credentials.NewTLS(secure)
	}
	return r.last
}

func (r *reread) before() credentials.TransportCredentials {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// ClientHandshake implements [credentials.TransportCredentials].
func (r *reread) ClientHandshake(ctx context.Context, authority string, conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return r.fresh().ClientHandshake(ctx, authority, conn)
}

// ServerHandshake implements [credentials.TransportCredentials]. No client calls it.
func (r *reread) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return r.before().ServerHandshake(conn)
}

// Info implements [credentials.TransportCredentials].
func (r *reread) Info() credentials.ProtocolInfo { return r.before().Info() }

// Clone implements [credentials.TransportCredentials].
func (r *reread) Clone() credentials.TransportCredentials {
	return &reread{access: r.access, last: r.before().Clone()}
}

// OverrideServerName implements [credentials.TransportCredentials]. Names are those of
// the endpoints, always.
func (r *reread) OverrideServerName(string) error { return nil }

// inTheClear says that the client speaks without TLS to an endpoint, whatever it has.
func inTheClear(endpoint string) bool {
	scheme, _, found := strings.Cut(endpoint, ":")
	return found && (scheme == "http" || scheme == "unix")
}
