package s3

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// against has a client of the storage's transport, whose server is serve.
func against(t *testing.T, serve func(c net.Conn, request *http.Request) error) *http.Client {
	t.Helper()
	transport, err := Options{}.transport()
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	t.Cleanup(serving.Wait)
	transport.DialContext = steadily(func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		serving.Go(func() {
			defer theirs.Close()
			request, err := http.ReadRequest(bufio.NewReader(theirs))
			if err == nil {
				err = serve(theirs, request)
			}
			if err != nil {
				t.Log("the server says:", err)
			}
		})
		return ours, nil
	})
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// A storage that stops in the middle of a blob ends its reading.
func TestStalledAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := against(t, func(c net.Conn, _ *http.Request) error {
			if _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"); err != nil {
				return err
			}
			_, err := c.Read(make([]byte, 1)) // until the client has gone
			return err
		})
		response, err := client.Get("http://storage.example/")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if b, err := io.ReadAll(response.Body); string(b) != "half" || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read %q, %v", b, err)
		}
	})
}

// One that takes no more ends the writing; one that is only slow is waited for.
func TestStalledRequest(t *testing.T) {
	for name, tt := range map[string]struct {
		pause time.Duration // between what it takes
		done  bool
	}{
		"slow":    {stallTimeout / 2, true},
		"stalled": {2 * stallTimeout, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := against(t, func(c net.Conn, request *http.Request) error {
					for range 10 {
						time.Sleep(tt.pause)
						if _, err := io.CopyN(io.Discard, request.Body, 100_000); err != nil {
							return err
						}
					}
					_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
					return err
				})
				began := time.Now()
				response, err := client.Post("http://storage.example/", "", bytes.NewReader(make([]byte, 1_000_000)))
				if err == nil {
					_ = response.Body.Close()
				}
				if (err == nil) != tt.done {
					t.Errorf("after %v: %v", time.Since(began), err)
				}
				if tt.done && time.Since(began) < 2*stallTimeout {
					t.Errorf("it took %v only, which shows nothing", time.Since(began))
				}
			})
		})
	}
}

// All connections to a storage are such ones.
func TestConnectionsAreSteady(t *testing.T) {
	transport, err := Options{}.transport()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := transport.DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, ok := conn.(steady); !ok {
		t.Errorf("it is a %T", conn)
	}
}
