package s3

import (
	"context"
	"net"
	"time"
)

// stallTimeout bounds how long nothing may move on a connection while a blob is sent or
// fetched. It is longer than [headerTimeout], which bounds the wait for an answer, and as
// long as a connection that nobody uses is kept.
const stallTimeout = time.Minute

// steady is a connection that breaks when nothing moves on it, in either direction, for
// [stallTimeout]. TCP itself waits for ever for a storage that is there and takes no more,
// and whoever brought the mail would wait with it.
type steady struct{ net.Conn }

func (c steady) Read(p []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(stallTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// Write gives a Read that waits meanwhile more time, too: the answer comes after the end.
func (c steady) Write(p []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(stallTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// steadily makes what dial makes steady.
func steadily(dial dialer) dialer {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return steady{conn}, nil
	}
}
