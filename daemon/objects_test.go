package main

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/test/peers"
)

// Two daemons with one etcd and one bucket are one desk: a long mail to the one is
// read at the other. While the bucket is away mail is put off, and nothing is lost.
//
// covers: K04, P04, P05
func TestServeWithObjectStorage(t *testing.T) {
	etcd, storage := peers.StartEtcd(t), peers.StartS3(t, true)
	key := filepath.Join(t.TempDir(), "key")
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails since Go 1.24
	if err := os.WriteFile(key, secret, 0o600); err != nil {
		t.Fatal(err)
	}
	caught, relay := startRelay(t)
	flags := []string{
		"--etcd", etcd.Endpoint, "--etcd-ca", etcd.Authority, "--key-file", key, "--trusted-relay", "127.0.0.1",
		"--s3-endpoint", storage.URL, "--s3-region", storage.Region, "--s3-bucket", storage.Bucket, "--s3-prefix", "desk",
		"--s3-credentials", storage.Credentials, "--s3-ca", storage.Authority(),
	}
	one, two := startServer(t, relay, flags...), startServer(t, relay, flags...)

	const alice = "alice@customer.example"
	long := strings.Repeat("One line of a long story.\n", 2_000) + "The end of it."
	if err := sendMail(one.smtp, alice, "support@acme.example", plainMail(alice, "A long story", "long", long)); err != nil {
		t.Fatal(err)
	}
	text, _ := waitMail(t, caught, alice).Text()
	path := regexp.MustCompile(`/t/pl1_[A-Za-z0-9_-]{47}`).FindString(text)
	if path == "" {
		t.Fatalf("no link in:\n%s", text)
	}
	if page := pageOf(t, two.http, path); !strings.Contains(page, "The end of it.") {
		t.Errorf("the other replica shows:\n%.2000s", page)
	}
	objects, err := filepath.Glob(filepath.Join(storage.Folder, storage.Bucket, "desk", "support", "*"))
	if err != nil || len(objects) == 0 {
		t.Errorf("the bucket has %v, %v", objects, err)
	}
	for _, s := range []*server{one, two} {
		if _, err := os.Stat(filepath.Join(s.dir, "blobs")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("there is a folder for blobs: %v", err)
		}
	}

	storage.Kill()
	mail := plainMail(alice, "Meanwhile", "meanwhile", "Is anybody there?")
	var refused *smtp.SMTPError
	if err := sendMail(one.smtp, alice, "support@acme.example", mail); !errors.As(err, &refused) || refused.Code/100 != 4 {
		t.Errorf("without the storage mail is answered with %v", err)
	}
	three := startServer(t, relay, flags...) // starts all the same
	storage.Start(t)
	if err := sendMail(three.smtp, alice, "support@acme.example", mail); err != nil {
		t.Errorf("the storage is there again: %v", err)
	}
	if tickets := allTickets(t, two.dir); len(tickets) != 2 {
		t.Errorf("there are %d tickets, want 2", len(tickets))
	}
}

// pageOf is what a link shows.
func pageOf(t *testing.T, address, path string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "help.acme.example"
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v\n%.500s", path, resp.Status, err, page)
	}
	return string(page)
}

// A mistake in the settings of the storage ends the start with words about it.
func TestObjectFlags(t *testing.T) {
	storage, manifests := peers.StartS3(t, false), t.TempDir()
	if err := os.WriteFile(filepath.Join(manifests, "desk.yaml"), []byte(plainDesk), 0o600); err != nil {
		t.Fatal(err)
	}
	good := map[string]string{
		"--s3-endpoint": storage.URL, "--s3-region": storage.Region, "--s3-bucket": storage.Bucket, "--s3-credentials": storage.Credentials,
	}
	for name, tt := range map[string]struct {
		change map[string]string
		want   string
	}{
		"no endpoint": {map[string]string{"--s3-endpoint": ""}, "--s3-endpoint"},
		"no URL":      {map[string]string{"--s3-endpoint": "s3.example"}, "https://HOST[:PORT]"},
		"no bucket":   {map[string]string{"--s3-bucket": "missing"}, "NoSuchBucket"},
		"no files":    {map[string]string{"--s3-credentials": t.TempDir()}, "access-key"},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"serve", "--dir", t.TempDir(), "--manifests", manifests, "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0"}
			for flag, value := range good {
				if changed, ok := tt.change[flag]; ok {
					value = changed
				}
				args = append(args, flag, value)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			var out, errs strings.Builder
			if code := execute(ctx, args, &out, &errs); code == 0 || !strings.Contains(errs.String(), tt.want) {
				t.Errorf("code %d, said:\n%s%s", code, out.String(), errs.String())
			}
		})
	}
}
