// Package s3 keeps blobs in a bucket of an object storage that speaks S3, so that
// several replicas have the same ones.
//
// A blob is the object PREFIX ACCOUNT/HASH, PREFIX being empty or ending in a
// slash. It is uploaded in one request, with its SHA-256 as checksum: the storage
// itself refuses bytes that are not those which were sent, and an object is there
// whole or not at all. That an object which was stored is read at once by everybody
// is what S3 promises since 2020; others that speak it do, too.
package s3

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/posterndesk/postern/daemon/internal/blob"
)

// tries is how often a request is made that the storage did not answer, or with an
// error of its own. What then fails is tried again by whoever sent the mail.
const tries = 4

// Store is a [blob.Store], and a [blob.Fetcher]: what is looked at closely is fetched
// into a local file.
type Store struct {
	core   minio.Core
	idle   *http.Transport
	bucket string
	prefix string
	spool  string // local folder
}

// Open makes the store. It asks nothing of the storage: see [Store.Check].
func Open(o Options) (*Store, error) {
	endpoint, err := o.endpoint()
	if err != nil {
		return nil, err
	}
	transport, err := o.transport()
	if err != nil {
		return nil, err
	}
	core, err := minio.NewCore(endpoint.Host, &minio.Options{
		Creds: o.credentials(), Secure: endpoint.Scheme == "https", Transport: transport, Region: o.Region, MaxRetries: tries,
	})
	if err != nil {
		return nil, fmt.Errorf("object storage %s: %w", o.Endpoint, err)
	}
	const mode = 0o700 // mail is nobody else's to read
	if err := os.MkdirAll(o.Spool, mode); err != nil {
		return nil, fmt.Errorf("open the folder for blobs on their way: %w", err)
	}
	return &Store{core: *core, idle: transport, bucket: o.Bucket, prefix: o.Prefix, spool: o.Spool}, nil
}

// Close drops connections that nobody uses. Writers and readers must be done.
func (s *Store) Close() error {
	s.idle.CloseIdleConnections()
	return nil
}

// Check stores a few bytes, reads, lists and removes them, so that a mistake in the
// settings is told at the start. [ErrAway] if the storage does not answer, which is
// no mistake. versioned says that the bucket keeps what is removed.
func (s *Store) Check(ctx context.Context) (versioned bool, err error) {
	folder := s.prefix + "_check/" // no account has this name
	key := folder + rand.Text()
	const text = "Postern has tried whether it may write here."
	stored, err := s.put(ctx, key, strings.NewReader(text), int64(len(text)), sha256.Sum256([]byte(text)))
	if err != nil {
		return false, s.fault("write to", "", err)
	}
	defer func() {
		_ = s.core.RemoveObject(context.WithoutCancel(ctx), s.bucket, key, minio.RemoveObjectOptions{})
	}() // told of below
	body, _, _, err := s.core.GetObject(ctx, s.bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return false, s.fault("read from", "", err)
	}
	defer func() { _ = body.Close() }()
	if b, err := io.ReadAll(io.LimitReader(body, 2*int64(len(text)))); err != nil || string(b) != text {
		return false, fmt.Errorf("the bucket %s gives other bytes than were written: %w", s.bucket, errors.Join(blob.ErrCorrupt, err))
	}
	// Without this right nothing that nobody refers to is ever found, and a blob that is
	// missing looks like one that must not be read.
	for _, err := range s.objects(ctx, folder) {
		if err != nil {
			return false, s.fault("list", "", err)
		}
		break // one is enough
	}
	if err := s.core.RemoveObject(ctx, s.bucket, key, minio.RemoveObjectOptions{}); err != nil {
		return false, s.fault("delete from", "", err)
	}
	return stored.VersionID != "", nil
}

func (s *Store) key(account string, h blob.Hash) string { return s.prefix + account + "/" + h.String() }

// put uploads in one request. The hash is signed as that of the body, and kept as
// its checksum.
func (s *Store) put(ctx context.Context, key string, body io.ReadSeeker, size int64, h blob.Hash) (minio.UploadInfo, error) {
	return s.core.PutObject(ctx, s.bucket, key, body, size, "", h.String(), minio.PutObjectOptions{
		ContentType:      "application/octet-stream",
		DisableMultipart: true,
		UserMetadata:     map[string]string{minio.ChecksumSHA256.Key(): base64.StdEncoding.EncodeToString(h[:])},
	})
}

// Create implements [blob.Store].
func (s *Store) Create(ctx context.Context, account string) (blob.Writer, error) {
	if err := errors.Join(ctx.Err(), blob.CheckAccount(account)); err != nil {
		return nil, fmt.Errorf("begin a blob: %w", err)
	}
	f, err := blob.Nameless(s.spool)
	if err != nil {
		return nil, blob.DiskError("begin a blob", err)
	}
	return newWriter(s, account, f), nil
}

// Open implements [blob.Store].
func (s *Store) Open(ctx context.Context, account string, h blob.Hash) (blob.Reader, error) {
	if err := errors.Join(ctx.Err(), blob.CheckAccount(account)); err != nil {
		return nil, fmt.Errorf("open blob %s: %w", h, err)
	}
	r := &reader{ctx: ctx, store: s, key: s.key(account, h), hash: h}
	if err := r.open(); err != nil {
		return nil, err
	}
	return r, nil
}

// Fetch implements [blob.Fetcher].
func (s *Store) Fetch(ctx context.Context, account string, h blob.Hash) (*os.File, error) {
	r, err := s.Open(ctx, account, h)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	f, err := blob.Nameless(s.spool)
	if err != nil {
		return nil, blob.DiskError("fetch blob "+h.String(), err)
	}
	n, err := io.Copy(f, r)
	if err == nil && n != r.Size() {
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(blob.DiskError("fetch blob "+h.String(), err), f.Close())
	}
	return f, nil
}

// Scratch implements [blob.Fetcher].
func (s *Store) Scratch() (*os.File, error) { return blob.Nameless(s.spool) }

// Stat implements [blob.Store].
func (s *Store) Stat(ctx context.Context, account string, h blob.Hash) (blob.Info, error) {
	if err := errors.Join(ctx.Err(), blob.CheckAccount(account)); err != nil {
		return blob.Info{}, fmt.Errorf("stat blob %s: %w", h, err)
	}
	o, err := s.core.StatObject(ctx, s.bucket, s.key(account, h), minio.StatObjectOptions{})
	if minio.ToErrorResponse(err).StatusCode == http.StatusNotFound {
		// Without a body nothing tells whether the bucket is missing, which must not
		// look like a blob that was lost.
		r, err := s.Open(ctx, account, h)
		if err != nil {
			return blob.Info{}, err
		}
		return blob.Info{}, errors.Join(fmt.Errorf("stat blob %s: the object storage says both that it is there and not", h), r.Close())
	}
	if err != nil {
		return blob.Info{}, s.fault("stat", h.String(), err)
	}
	return blob.Info{Ref: blob.Ref{Hash: h, Size: o.Size}, Stored: o.LastModified}, nil
}

// List implements [blob.Store]. Objects that are no blobs are passed over.
func (s *Store) List(ctx context.Context, account string) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		if err := errors.Join(ctx.Err(), blob.CheckAccount(account)); err != nil {
			yield(blob.Info{}, fmt.Errorf("list blobs: %w", err))
			return
		}
		folder := s.prefix + account + "/"
		for o, err := range s.objects(ctx, folder) {
			if err != nil {
				yield(blob.Info{}, s.fault("list blobs of", "", err))
				return
			}
			h, err := blob.ParseHash(strings.TrimPrefix(o.Key, folder))
			if err != nil {
				continue
			}
			if !yield(blob.Info{Ref: blob.Ref{Hash: h, Size: o.Size}, Stored: o.LastModified}, nil) {
				return
			}
		}
	}
}

// objects lists a folder.
func (s *Store) objects(ctx context.Context, folder string) iter.Seq2[minio.ObjectInfo, error] {
	return func(yield func(minio.ObjectInfo, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel() // ends the listing below when somebody looks no further
		for o := range s.core.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: folder, Recursive: true}) {
			if !yield(o, o.Err) || o.Err != nil {
				return
			}
		}
	}
}

// Delete implements [blob.Store]. S3 has no way to delete what has not been stored
// again since it was looked at: between the two lies one round trip. So before must
// be far enough in the past that nobody stores the blob again in that moment, as
// nobody refers to it.
func (s *Store) Delete(ctx context.Context, account string, h blob.Hash, before time.Time) (bool, error) {
	info, err := s.Stat(ctx, account, h)
	if errors.Is(err, blob.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !info.Stored.Before(before) {
		return false, nil
	}
	if err := s.core.RemoveObject(ctx, s.bucket, s.key(account, h), minio.RemoveObjectOptions{}); err != nil {
		return false, s.fault("delete", h.String(), err)
	}
	return true, nil
}
