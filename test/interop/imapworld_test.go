package interop

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/posterndesk/postern/test/peers"
)

// TestIMAPOfTheWorld polls a folder of its own at an account that is named,
// POSTERN_TEST_IMAP=USER:PASSWORD@HOST:PORT with TLS from the first byte, else at
// Debian's Dovecot. It touches no other folder and removes its own.
//
// covers: P01
func TestIMAPOfTheWorld(t *testing.T) {
	user, pass, address := fetched, password, ""
	var known *tls.Config // nil believes those of the system
	if named := os.Getenv("POSTERN_TEST_IMAP"); named != "" {
		at := strings.LastIndexByte(named, '@')
		u, p, ok := strings.Cut(named[:max(at, 0)], ":")
		if !ok {
			t.Fatal("POSTERN_TEST_IMAP is not USER:PASSWORD@HOST:PORT")
		}
		user, pass, address = u, p, named[at+1:]
	} else {
		dovecot := peers.StartDovecot(t, map[string]string{fetched: password})
		t.Setenv("SSL_CERT_FILE", dovecot.CA)
		address, known = dovecot.IMAPS, believes(t, dovecot.CA)
	}
	folder := "postern-test-" + rand.Text()[:8]
	inFolder := func(act func(*imapclient.Client) error) {
		t.Helper()
		asAnother(t, address, known, user, pass, act)
	}
	inFolder(func(c *imapclient.Client) error { return c.Create(folder, nil).Wait() })
	t.Cleanup(func() {
		inFolder(func(c *imapclient.Client) error { return c.Delete(folder).Wait() })
	})

	put := func(n int) {
		inFolder(func(c *imapclient.Client) error {
			mail := fetchMail(n)
			w := c.Append(folder, int64(len(mail)), nil)
			if _, err := w.Write(mail); err != nil {
				return err
			}
			if err := w.Close(); err != nil {
				return err
			}
			_, err := w.Wait()
			return err
		})
	}
	put(1)
	d := peers.StartDesk(t, polledDesk(address, byPassword, "username: "+user, "folder: "+folder, "start: All", "pollSeconds: 10"),
		withSecrets(t, "mail/password", pass)...)
	polledSubjects(t, d, peers.Patience, "Question 1")
	put(2)
	polledSubjects(t, d, peers.Patience, "Question 1", "Question 2")
	inFolder(func(c *imapclient.Client) error {
		if _, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
			return err
		}
		peers.Eventually(t, peers.Patience, func() error {
			seen, err := c.UIDSearch(&imap.SearchCriteria{Flag: []imap.Flag{imap.FlagSeen}}, nil).Wait()
			if err == nil && len(seen.AllUIDs()) != 2 {
				err = fmt.Errorf("%d mails are marked as seen, want 2", len(seen.AllUIDs()))
			}
			return err
		})
		return nil
	})
	d.Signal(syscall.SIGTERM) // the folder must be nobody's when it goes
	if !d.Ended(peers.Patience) {
		t.Error("postern did not end")
	}
}

// believes is for a client that knows one authority alone.
func believes(t *testing.T, file string) *tls.Config {
	t.Helper()
	pem, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return &tls.Config{RootCAs: pool}
}

// asAnother signs in and does something, as another client of the account would.
func asAnother(t *testing.T, address string, known *tls.Config, user, pass string, act func(*imapclient.Client) error) {
	t.Helper()
	c, err := imapclient.DialTLS(address, &imapclient.Options{TLSConfig: known})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	stop := time.AfterFunc(2*peers.Patience, func() { _ = c.Close() }) // it has no end of its own
	defer stop.Stop()
	if err := c.Login(user, pass).Wait(); err != nil {
		t.Fatal(err)
	}
	if err := act(c); err != nil {
		t.Fatal(err)
	}
	_ = c.Logout().Wait() // all that matters was done
}
