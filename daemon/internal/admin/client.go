package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
)

// Client talks to the daemon that runs on a folder.
type Client struct{ http *http.Client }

// NewClient makes a client for the socket in dir. Nothing is dialled yet.
func NewClient(dir string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		path, done, err := socketPath(dir)
		if err != nil {
			return nil, err
		}
		defer done()
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}
	return &Client{http: &http.Client{Transport: &http.Transport{DialContext: dial, MaxIdleConnsPerHost: ImportsAtOnce}}}
}

// ErrNotRunning says that nobody listens.
var ErrNotRunning = errors.New("no postern runs on this folder; start one, or name its folder with --dir")

// refusal is an answer that is no success.
type refusal struct {
	status int
	words  string
}

func (r *refusal) Error() string { return r.words }

// IsTemporary reports an error that may pass: the daemon is away, or something
// that it needs.
func IsTemporary(err error) bool {
	r, answered := errors.AsType[*refusal](err)
	return err != nil && (!answered || r.status >= http.StatusInternalServerError)
}

// Get reads path into out.
func (c *Client) Get(ctx context.Context, path string, out any) error {
	return c.do(ctx, http.MethodGet, path, nil, out)
}

// Post sends in to path and reads the answer into out.
func (c *Client) Post(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return c.do(ctx, http.MethodPost, path, body, out)
}

func (c *Client) do(ctx context.Context, method, path string, body []byte, out any) error {
	return c.send(ctx, method, path, bytes.NewReader(body), out)
}

func (c *Client) send(ctx context.Context, method, path string, body io.Reader, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, "http://postern"+path, body)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return ErrNotRunning
	}
	if err != nil {
		return fmt.Errorf("ask the daemon: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		var p problem
		if err := json.NewDecoder(resp.Body).Decode(&p); err != nil || p.Error == "" {
			p.Error = "the daemon answered " + resp.Status
		}
		return &refusal{status: resp.StatusCode, words: p.Error}
	}
	return json.NewDecoder(resp.Body).Decode(out)
}

// maxSocketPath is what a socket address can hold on Linux, with its final NUL.
const maxSocketPath = 107

// socketPath names the socket so that it fits an address however deep the
// folder is; done must be called when the name was used.
func socketPath(dir string) (path string, done func(), err error) {
	path = filepath.Join(dir, SocketName)
	if len(path) <= maxSocketPath {
		return path, func() {}, nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", d.Fd(), SocketName), func() { _ = d.Close() }, nil
}
