package upgrade

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/posterndesk/postern/test/peers"
)

// While replicas are renewed one after the other, both releases serve one desk: each
// takes mail, each sends, and what one did the other shows. One that is put on data
// that has outgrown it ends, also while it runs.
//
// covers: P04, P05, P11
func TestReplicasOfTwoReleases(t *testing.T) {
	t.Parallel()
	old, now := earlier(t), current(t)
	etcd, s := peers.StartEtcd(t), startSink(t)
	first := newDesk(t, s)
	second := newDesk(t, s)
	key := filepath.Join(t.TempDir(), "key")
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails since Go 1.24
	if err := os.WriteFile(key, secret, 0o600); err != nil {
		t.Fatal(err)
	}
	// They share a folder of mails, as replicas share a bucket.
	if err := os.MkdirAll(filepath.Join(first.dir, "blobs"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(first.dir, "blobs"), filepath.Join(second.dir, "blobs")); err != nil {
		t.Fatal(err)
	}
	for _, d := range []*daemon{first, second} {
		d.args = []string{"--etcd", etcd.Endpoint, "--etcd-ca", etcd.Authority, "--key-file", key}
	}

	first.start(t, old)
	st := tell(t, first, s, before(t))
	s.refusing.Store(false)
	l := startLoad(t, 2)
	l.goTo(0, first)
	l.goTo(1, first)
	l.more(t, 20)
	second.start(t, now) // one of each
	l.goTo(1, second)
	l.more(t, 40)
	for i, d := range []*daemon{first, second} {
		st.holds(t, d, 1)
		st.goesOn(t, d, []string{"by the old one", "by the new one"}[i])
	}
	first.end(t, syscall.SIGTERM)
	first.start(t, now) // both new
	l.goTo(0, first)
	l.more(t, 20)
	second.end(t, syscall.SIGTERM)
	second.start(t, old) // one rolled back
	l.goTo(1, second)
	l.more(t, 40)
	l.end()
	first.drain(t)
	for _, d := range []*daemon{first, second} {
		st.holds(t, d, 1)
		l.counted(t, d, st.Token, s)
	}
	st.sent(t, s)

	if _, err := etcd.Client(t).Put(t.Context(), "/postern/default/version", `{"schema":99,"needs":98,"wrote":"v9.1.0"}`); err != nil {
		t.Fatal(err)
	}
	if !first.Ended(peers.Patience) || !strings.Contains(first.Log.String(), "this program does not fit the data in etcd") {
		t.Errorf("a replica does not end, or say why, when its data has outgrown it:\n%s", first.Log)
	}
}
