package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/posterndesk/postern/config/mirror"
	"github.com/posterndesk/postern/daemon/internal/blob/s3"
	"github.com/posterndesk/postern/daemon/internal/embedded"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/inbound"
	"github.com/posterndesk/postern/daemon/internal/smtpd"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// settings are what the command line says about one daemon.
type settings struct {
	dir          string // all local state
	declared     string // where the declared configuration comes from: declaredFiles or declaredEtcd
	manifests    string // folder with it, of declaredFiles
	secrets      string // folder with passwords and keys
	smtp         string // addresses to listen on
	smtps        string // "" for none
	lmtp         string // "" for none; unix:PATH for a socket
	http         string
	https        string // "" for none: then somebody in front has TLS
	admin        string
	hostname     string // how we call ourselves in SMTP
	tls          string // folder with certificates; "" for none
	acme         acmeSettings
	installation string
	replica      string
	relays       inbound.Relays // mail servers in front
	proxies      []netip.Prefix // web proxies
	hooks        []netip.Prefix // not public, and yet programs that are told what happens may be there
	issuers      []netip.Prefix // not public, and yet issuers of OpenID Connect may be there
	mailProxies  []netip.Prefix // who tells by the PROXY protocol whom an SMTP connection is from
	repair       smtpd.Clients  // whose line ends are mended
	greeting     time.Duration  // that SMTP clients wait to be greeted
	relay        helpdesk.Relay
	dns          string // server to ask; "" for those of the system
	keyFile      string
	etcd         etcdSettings
	s3           s3.Options // without an endpoint blobs are files in dir
	dev          bool
}

// acmeSettings say who is asked for certificates.
type acmeSettings struct {
	on                   bool
	email, directory, ca string
}

// etcdSettings name an etcd outside; without endpoints one runs inside.
type etcdSettings struct {
	mirror.Access
	listen embedded.Listen // of the one inside
}

// resolver asks the named DNS server, or those of the system.
func (s *settings) resolver() *net.Resolver {
	if s.dns == "" {
		return net.DefaultResolver
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, s.dns)
	}}
}

// defaultDir is where a laptop keeps its state.
func defaultDir() string {
	if dir := os.Getenv("POSTERN_DIR"); dir != "" {
		return dir
	}
	return "postern-data"
}

const dirHelp = "`folder` with all local state"

// commonFlags are those of dev and serve alike.
func (s *settings) commonFlags(fs *flag.FlagSet, smtp, http, admin string) {
	fs.StringVar(&s.dir, "dir", defaultDir(), dirHelp)
	fs.StringVar(&s.smtp, "smtp", smtp, "`address` to take mail on by SMTP")
	fs.StringVar(&s.http, "http", http, "`address` of the portal and the agents' pages")
	fs.StringVar(&s.admin, "admin", admin, "`address` of health and metrics")
	fs.StringVar(&s.manifests, "manifests", "", "`folder` with HelpCenter, TicketForm and Mailbox manifests (default: DIR/manifests)")
	fs.StringVar(&s.secrets, "secrets", "", "`folder` with what manifests name as secrets, each a file ACCOUNT/NAME/KEY (default: DIR/secrets)")
	fs.StringVar(&s.installation, "installation", "default", "`name` of this installation: its keys in etcd are under it")
	fs.Func("etcd", "`endpoints` of an etcd outside, with commas between (default: one inside, in DIR)", func(v string) error {
		s.etcd.Endpoints = strings.Split(v, ",")
		return nil
	})
	fs.StringVar(&s.etcd.CA, "etcd-ca", "", "`file` with the certificate authority of --etcd")
	fs.StringVar(&s.etcd.Cert, "etcd-cert", "", "`file` with the client certificate for --etcd")
	fs.StringVar(&s.etcd.Key, "etcd-key", "", "`file` with the key of --etcd-cert")
	fs.Func("issuer-network", "`network` (CIDR) that is not public and in which issuers of OpenID Connect may be all the same, such as that of a cluster; may be repeated (default: none, and in dev this machine)", addNetwork(&s.issuers))
	fs.Func("hook-network", "`network` (CIDR) that is not public and in which programs may be that are told what happens, such as that of a cluster; may be repeated (default: none, and in dev this machine)", addNetwork(&s.hooks))
	fs.StringVar(&s.dns, "dns", "", "`address` (IP:PORT) of the DNS server that is asked about senders (default: those of the system)")
	fs.StringVar(&s.keyFile, "key-file", "", "`file` with the key that seals secrets in etcd, the same for all replicas (default: DIR/key, made at the first start)")
	s.objectFlags(fs)
}

// locate fills in where things are, and by what name we are known.
func (s *settings) locate() error {
	var err error
	if s.dir, err = filepath.Abs(s.dir); err != nil {
		return fmt.Errorf("find folder: %w", err)
	}
	if s.manifests == "" {
		s.manifests = filepath.Join(s.dir, "manifests")
	}
	if s.secrets == "" {
		s.secrets = filepath.Join(s.dir, "secrets")
	}
	if s.dns != "" {
		if _, err := netip.ParseAddrPort(s.dns); err != nil {
			return fmt.Errorf("--dns %q is not an address such as 127.0.0.1:53: %w", s.dns, errUsage)
		}
	}
	if s.hostname != "" {
		return nil
	}
	if s.hostname, err = os.Hostname(); err != nil {
		return fmt.Errorf("find host name: %w", err)
	}
	return nil
}

// complete fills in what follows from other settings and checks the rest.
func (s *settings) complete() error {
	err := s.locate()
	if err != nil {
		return err
	}
	host := "" // all addresses
	if s.dev {
		host = "127.0.0.1"
	}
	for _, address := range []*string{&s.smtp, &s.smtps, &s.lmtp, &s.http, &s.https, &s.admin} {
		optional := address == &s.https || address == &s.smtps || address == &s.lmtp
		if optional && *address == "" || address == &s.lmtp && strings.HasPrefix(*address, unixPrefix) {
			continue
		}
		if *address, err = listenAddress(*address, host); err != nil {
			return err
		}
	}
	for flag, address := range map[string]string{"--https": s.https, "--smtps": s.smtps} {
		if address != "" && s.tls == "" && !s.acme.on {
			return fmt.Errorf("%s needs certificates: name their folder with --tls, or have them asked for with --acme: %w", flag, errUsage)
		}
	}
	if s.keyFile == "" {
		if len(s.etcd.Endpoints) > 0 {
			return fmt.Errorf("--etcd needs --key-file: all replicas must have the same key: %w", errUsage)
		}
		s.keyFile = filepath.Join(s.dir, "key")
	}
	if err := errors.Join(s.checkDeclared(), s.checkObjects()); err != nil {
		return err
	}
	machine, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("find host name: %w", err)
	}
	if s.acme.on && !strings.Contains(s.hostname, ".") {
		return fmt.Errorf("--acme asks for a certificate of %q, which nobody outside can look up: name the mail server with --hostname: %w", s.hostname, errUsage)
	}
	// The random part tells this process from every earlier one.
	s.replica = machine + "/" + rand.Text()[:8]
	return os.MkdirAll(s.dir, 0o700)
}

// listenAddress takes a bare port for one on host.
func listenAddress(v, host string) (string, error) {
	if _, err := strconv.ParseUint(v, 10, 16); err == nil {
		return host + ":" + v, nil
	}
	if !strings.Contains(v, ":") {
		return "", fmt.Errorf("%q is not an address such as 127.0.0.1:2525: %w", v, errUsage)
	}
	return v, nil
}

// sealingKey reads the key file. For an etcd inside it is made at the first
// start; for one outside it must be there, as replicas share it.
func (s *settings) sealingKey() (key [store.KeySize]byte, err error) {
	raw, err := os.ReadFile(s.keyFile)
	if errors.Is(err, fs.ErrNotExist) && len(s.etcd.Endpoints) == 0 {
		raw = make([]byte, store.KeySize)
		_, _ = rand.Read(raw) // never fails since Go 1.24
		err = writeDurably(s.keyFile, raw)
	}
	if err != nil {
		return key, fmt.Errorf("read key file: %w", err)
	}
	if len(raw) != store.KeySize {
		return key, fmt.Errorf("key file %s has %d bytes, %d are needed", s.keyFile, len(raw), store.KeySize)
	}
	return [store.KeySize]byte(raw), nil
}

// writeDurably makes a new file that is whole, or not there.
func writeDurably(path string, content []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone already when all went well
	_, err = tmp.Write(content)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
