package upgrade

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/posterndesk/postern/test/peers"
)

// A desk with everything in its folder moves to an etcd and a bucket outside, by the
// steps of docs/upgrade.md, and goes on there on two replicas.
//
// covers: P04, P05, P11
func TestMoveOutside(t *testing.T) {
	t.Parallel()
	s := startSink(t)
	d, st := written(t, s)
	d.start(t, current(t))
	d.drain(t)
	s.refusing.Store(true)
	st.answerLate(t, d, "Before we move.")
	waiting := len(d.outbox(t, "waiting"))
	d.end(t, syscall.SIGTERM)

	etcd := peers.RestoreEtcd(t, filepath.Join(d.dir, "etcd", "data", "member", "snap", "db"))
	bucket := peers.StartS3(t, false)
	const prefix = "desk/"
	upload(t, os.DirFS(filepath.Join(d.dir, "blobs")), bucket, prefix)
	before := len(s.all())
	s.refusing.Store(false)
	for i := range 2 {
		replica := &daemon{dir: filepath.Join(t.TempDir(), "state"), relay: s.address, args: []string{
			"--manifests", filepath.Join(d.dir, "manifests"), "--key-file", filepath.Join(d.dir, "key"),
			"--etcd", etcd.Endpoint, "--etcd-ca", etcd.Authority,
			"--s3-endpoint", bucket.URL, "--s3-region", bucket.Region, "--s3-bucket", bucket.Bucket, "--s3-prefix", prefix, "--s3-credentials", bucket.Credentials,
		}}
		replica.start(t, current(t))
		st.holds(t, replica, 1+i)
		st.goesOn(t, replica, []string{"first there", "second there"}[i])
		replica.drain(t)
	}
	st.sent(t, s)
	if came := len(s.all()) - before; waiting < lates || came < waiting {
		t.Errorf("%d mails waited at the move, and %d came after it", waiting, came)
	}
}

// upload copies each file ACCOUNT/AB/HASH to the object ACCOUNT/HASH; what begins with
// an underscore is no account.
func upload(t *testing.T, blobs fs.FS, to *peers.S3, prefix string) {
	t.Helper()
	secret := func(name string) string {
		raw, err := os.ReadFile(filepath.Join(to.Credentials, name))
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(raw))
	}
	bucket, err := minio.New(strings.TrimPrefix(to.URL, "http://"), &minio.Options{
		Creds: credentials.NewStaticV4(secret("access-key"), secret("secret-key"), ""), Region: to.Region,
	})
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(blobs, "[^_]*/*/*")
	if err != nil || len(files) < 20 {
		t.Fatalf("there are %d files: %v", len(files), err)
	}
	for _, name := range files {
		file, err := blobs.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		account, _, _ := strings.Cut(name, "/")
		_, err = bucket.PutObject(t.Context(), to.Bucket, prefix+account+"/"+path.Base(name), file, -1, minio.PutObjectOptions{PartSize: 5 << 20})
		_ = file.Close() // it was only read
		if err != nil {
			t.Fatal(err)
		}
	}
}
