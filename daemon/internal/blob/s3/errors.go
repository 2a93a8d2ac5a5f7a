package s3

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/minio/minio-go/v7"

	"github.com/posterndesk/postern/daemon/internal/blob"
)

// ErrAway says that the storage did not answer, or that it cannot at the moment.
var ErrAway = errors.New("the object storage does not answer")

var errCredentials = errors.New("credentials of the object storage")

// fullCodes are errors that say that there is no room, of those that speak S3.
var fullCodes = []string{"QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "InsufficientStorage", "StorageFull", "OverQuota"}

// fault is the error of a request about a blob ("" for none), with what its reader
// can do about it.
func (s *Store) fault(doing, what string, err error) error {
	if what == "" {
		what = "the bucket " + s.bucket
	} else {
		what = "blob " + what
	}
	doing += " " + what
	r := minio.ToErrorResponse(err)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errCredentials):
		return fmt.Errorf("%s: %w", doing, err)
	case r.Code == minio.NoSuchKey:
		return fmt.Errorf("%s: %w: %w", doing, blob.ErrNotFound, err)
	case r.StatusCode == http.StatusInsufficientStorage, slices.Contains(fullCodes, r.Code):
		return fmt.Errorf("%s: %w: %w", doing, blob.ErrFull, err)
	case r.StatusCode == 0, r.StatusCode >= http.StatusInternalServerError, r.StatusCode == http.StatusTooManyRequests:
		return fmt.Errorf("%s: %w: %w", doing, ErrAway, err)
	default:
		return fmt.Errorf("%s: %w (%s)", doing, err, r.Code)
	}
}
