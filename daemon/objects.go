package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/blob/s3"
)

// objectsTimeout bounds the look at the object storage at the start, with the repeats
// of what it does not answer.
const objectsTimeout = 30 * time.Second

// blobStore is where raw mail, bodies and attachments are.
type blobStore interface {
	blob.Store
	Close() error
}

func (s *settings) objectFlags(fs *flag.FlagSet) {
	fs.StringVar(&s.s3.Endpoint, "s3-endpoint", "", "`URL` of an object storage that speaks S3, which then has raw mail and attachments for all replicas (default: none, they are files in DIR)")
	fs.StringVar(&s.s3.Bucket, "s3-bucket", "", "`name` of the bucket there, which must exist")
	fs.StringVar(&s.s3.Region, "s3-region", "", "`name` of its region (default: the storage is asked)")
	fs.StringVar(&s.s3.Prefix, "s3-prefix", "", "`text` that all keys begin with, ending in a slash (default: none)")
	fs.StringVar(&s.s3.Credentials, "s3-credentials", "", "`folder` with the files access-key and secret-key, read again when they change (default: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the role of the machine)")
	fs.StringVar(&s.s3.CA, "s3-ca", "", "`file` with the certificate authority of --s3-endpoint (default: those of the system)")
}

func (s *settings) checkObjects() error {
	if s.s3.Endpoint == "" {
		if s.s3 != (s3.Options{}) {
			return fmt.Errorf("--s3-bucket and the like need --s3-endpoint: %w", errUsage)
		}
		return nil
	}
	if s.s3.Prefix != "" && !strings.HasSuffix(s.s3.Prefix, "/") {
		s.s3.Prefix += "/"
	}
	s.s3.Spool = filepath.Join(s.dir, "objects")
	return nil
}

// openBlobs opens the storage of blobs. A mistake in its settings ends the start; a
// storage that does not answer does not: mail that needs it is answered with 451
// until it does.
func (d *daemon) openBlobs(ctx context.Context) (blobStore, error) {
	s := d.settings
	if s.s3.Endpoint == "" {
		if len(s.etcd.Endpoints) > 0 {
			d.log.Warn("mail is kept in the local folder, where other replicas do not find it: for more than one, name an object storage with --s3-endpoint", "dir", s.dir)
		}
		return blob.OpenDir(filepath.Join(s.dir, "blobs"))
	}
	objects, err := s3.Open(s.s3)
	if err != nil {
		return nil, err
	}
	bounded, cancel := context.WithTimeout(ctx, objectsTimeout)
	defer cancel()
	versioned, err := objects.Check(bounded)
	switch {
	case err == nil:
		if versioned {
			d.log.Warn("the bucket keeps old versions: what is erased or swept stays in it until a rule of the bucket removes them", "bucket", s.s3.Bucket)
		}
		d.log.Info("mail is kept in an object storage", "endpoint", s.s3.Endpoint, "bucket", s.s3.Bucket, "prefix", s.s3.Prefix)
	case errors.Is(err, s3.ErrAway) && ctx.Err() == nil:
		d.log.Warn("the object storage does not answer: mail is put off until it does", "endpoint", s.s3.Endpoint, "error", err)
	default:
		return nil, errors.Join(err, objects.Close())
	}
	return objects, nil
}
