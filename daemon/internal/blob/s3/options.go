package s3

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

const (
	// AccessKey and SecretKey are the names of the files in [Options.Credentials].
	AccessKey, SecretKey = "access-key", "secret-key"

	// rereadAfter is how long credentials from files are used before they are read
	// again.
	rereadAfter = time.Minute

	// headerTimeout bounds the wait for an answer once a request is sent.
	headerTimeout = 30 * time.Second
)

// Options say where the objects are.
type Options struct {
	Endpoint string // URL: https://HOST[:PORT]
	Region   string // "" asks the storage
	Bucket   string // must be there
	Prefix   string // of all keys: "" or ending in a slash
	// Credentials is a folder with the files access-key and secret-key, read again
	// when they change. Without one they are those of the machine: AWS_ACCESS_KEY_ID
	// and AWS_SECRET_ACCESS_KEY, a web identity token, or its role.
	Credentials string
	CA          string // file with the authority of a private endpoint, "" for those of the system
	Spool       string // local folder for what is on its way
}

func (o Options) endpoint() (*url.URL, error) {
	u, err := url.Parse(o.Endpoint)
	switch {
	case err != nil:
		return nil, fmt.Errorf("object storage: %w", err)
	case u.Scheme != "https" && u.Scheme != "http", u.Host == "", strings.Trim(u.Path, "/") != "", u.RawQuery != "", u.User != nil:
		return nil, fmt.Errorf("object storage: %q must be https://HOST[:PORT] and no more", o.Endpoint)
	case o.Bucket == "":
		return nil, errors.New("object storage: it needs the name of a bucket")
	case o.Prefix != "" && (!strings.HasSuffix(o.Prefix, "/") || strings.HasPrefix(o.Prefix, "/")):
		return nil, fmt.Errorf("object storage: the prefix %q must end in a slash and not begin with one", o.Prefix)
	}
	return u, nil
}

func (o Options) transport() (*http.Transport, error) {
	t, err := minio.DefaultTransport(true)
	if err != nil {
		return nil, err
	}
	t.ResponseHeaderTimeout = headerTimeout
	t.DialContext = steadily(t.DialContext)
	if o.CA == "" {
		return t, nil
	}
	pem, err := os.ReadFile(o.CA)
	if err != nil {
		return nil, fmt.Errorf("object storage: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("object storage: %s has no certificate", o.CA)
	}
	t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return t, nil
}

func (o Options) credentials() *credentials.Credentials {
	if o.Credentials != "" {
		return credentials.New(&files{folder: o.Credentials})
	}
	return credentials.New(&machine{role: credentials.IAM{Client: &http.Client{Timeout: headerTimeout}}})
}

// machine has the credentials of the environment, or of the machine's role. With neither
// it says so, while the library's own chain goes on as nobody: a bucket denies that to
// somebody who looks for the mistake elsewhere, and an open one takes it.
type machine struct {
	env  credentials.EnvAWS
	role credentials.IAM

	fixed bool // they are of the environment, and never change
}

// RetrieveWithCredContext implements [credentials.Provider].
func (m *machine) RetrieveWithCredContext(c *credentials.CredContext) (credentials.Value, error) {
	if v, err := m.env.RetrieveWithCredContext(c); err == nil && !v.SignerType.IsAnonymous() {
		m.fixed = true
		return v, nil
	}
	v, err := m.role.RetrieveWithCredContext(c)
	if err == nil && v.AccessKeyID == "" {
		err = errors.New("it has none")
	}
	if err != nil {
		return credentials.Value{}, fmt.Errorf("%w: there is no AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY, and the role of the machine gives none: %w", errCredentials, err)
	}
	return v, nil
}

// Retrieve implements [credentials.Provider].
func (m *machine) Retrieve() (credentials.Value, error) { return m.RetrieveWithCredContext(nil) }

// IsExpired implements [credentials.Provider].
func (m *machine) IsExpired() bool { return !m.fixed && m.role.IsExpired() }

// files are credentials in a folder, as a Secret is mounted.
type files struct {
	folder string
	read   time.Time
}

// RetrieveWithCredContext implements [credentials.Provider].
func (f *files) RetrieveWithCredContext(*credentials.CredContext) (credentials.Value, error) {
	return f.Retrieve()
}

// Retrieve implements [credentials.Provider].
func (f *files) Retrieve() (v credentials.Value, err error) {
	v.SignerType = credentials.SignatureV4
	if v.AccessKeyID, err = f.file(AccessKey); err != nil {
		return credentials.Value{}, err
	}
	if v.SecretAccessKey, err = f.file(SecretKey); err != nil {
		return credentials.Value{}, err
	}
	f.read = time.Now()
	return v, nil
}

func (f *files) file(name string) (string, error) {
	b, err := os.ReadFile(filepath.Join(f.folder, name))
	if err != nil {
		return "", fmt.Errorf("%w: %w", errCredentials, err)
	}
	text := strings.TrimSpace(string(b))
	if text == "" {
		return "", fmt.Errorf("%w: %s is empty", errCredentials, filepath.Join(f.folder, name))
	}
	return text, nil
}

// IsExpired implements [credentials.Provider].
func (f *files) IsExpired() bool { return time.Since(f.read) > rereadAfter }
