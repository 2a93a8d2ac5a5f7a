package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/daemon/internal/admin"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/imappoll"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/live"
	"github.com/posterndesk/postern/daemon/internal/secrets"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// Where the declared configuration comes from.
const (
	declaredFiles = "files"
	declaredEtcd  = "etcd"
)

// declaredFlags are those of who is declared by the operator.
func (s *settings) declaredFlags(fs *flag.FlagSet) {
	fs.StringVar(&s.declared, "declared", declaredFiles, "`source` of help centers, forms and mailboxes: files, those of --manifests; or etcd, where the operator for Kubernetes writes them")
	fs.StringVar(&s.etcd.listen.Address, "etcd-listen", "", "`address` at which the etcd inside is reached by the operator too (default: none)")
	fs.StringVar(&s.etcd.listen.Cert, "etcd-listen-cert", "", "`file` with the certificate of --etcd-listen")
	fs.StringVar(&s.etcd.listen.Key, "etcd-listen-key", "", "`file` with the key of --etcd-listen-cert")
	fs.StringVar(&s.etcd.listen.CA, "etcd-listen-ca", "", "`file` with the authority that certificates of clients of --etcd-listen must be of; nobody else is let in")
}

// checkDeclared checks what those flags say together.
func (s *settings) checkDeclared() error {
	l := &s.etcd.listen
	switch {
	case s.dev:
		s.declared = declaredFiles
		return nil
	case s.declared != declaredFiles && s.declared != declaredEtcd:
		return fmt.Errorf("--declared %q is not files or etcd: %w", s.declared, errUsage)
	case l.Address == "" && (l.Cert != "" || l.Key != "" || l.CA != ""):
		return fmt.Errorf("--etcd-listen-cert, -key and -ca need --etcd-listen: %w", errUsage)
	case l.Address == "":
		return nil
	case len(s.etcd.Endpoints) > 0:
		return fmt.Errorf("--etcd-listen is for the etcd inside, and --etcd names one outside: %w", errUsage)
	}
	var err error
	if l.Address, err = listenAddress(l.Address, ""); err != nil {
		return err
	}
	given := 0
	for _, file := range []string{l.Cert, l.Key, l.CA} {
		if file != "" {
			given++
		}
	}
	host, _, err := net.SplitHostPort(l.Address)
	if err != nil {
		return fmt.Errorf("--etcd-listen: %w: %w", err, errUsage)
	}
	// Who reaches this port without a certificate reads and changes everything.
	if ip, err := netip.ParseAddr(host); given == 0 && (err != nil || !ip.IsLoopback()) && host != "localhost" {
		return fmt.Errorf("--etcd-listen %s may be reached from other machines: it needs --etcd-listen-cert, --etcd-listen-key and --etcd-listen-ca: %w", l.Address, errUsage)
	}
	if given != 0 && given != 3 {
		return fmt.Errorf("--etcd-listen-cert, --etcd-listen-key and --etcd-listen-ca go together: %w", errUsage)
	}
	return nil
}

// loadFiles reads the configuration if it is of files.
func (d *daemon) loadFiles() error {
	s := d.settings
	if s.declared == declaredEtcd {
		return nil
	}
	if _, err := os.Stat(s.manifests); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no folder %s: name that of the manifests with --manifests", s.manifests)
	}
	options := d.liveOptions()
	options.Settled = filepath.Join(s.dir, "signups")
	var err error
	d.live, err = live.Load(s.manifests, options, d.log)
	return err
}

// openHealth answers probes from early on: a daemon that waits for its first
// configuration is alive.
func (d *daemon) openHealth() {
	ready := func() error {
		if !d.ready.Load() {
			return errors.New("the configuration is not loaded yet")
		}
		return nil
	}
	d.metrics.Store(d.db.Ping)
	d.health = &http.Server{Handler: admin.Health(d.metrics, ready, d.db.Ping), ReadHeaderTimeout: headerTimeout}
	d.group.run("serve health", func() error { return d.health.Serve(d.listen.admin) })
}

// follow begins to read the configuration from etcd, if it comes from there.
func (d *daemon) follow(ctx context.Context, sealing [store.KeySize]byte) error {
	s := d.settings
	if s.declared != declaredEtcd {
		return nil
	}
	var err error
	d.declared, err = live.Follow(live.DeclaredOptions{
		Options: d.liveOptions(), Client: d.db.client, Keys: wire.KeysOf(s.installation), Opener: wire.OpenerOf(sealing),
		Dir: filepath.Join(s.dir, "declared"), Replica: strings.ReplaceAll(s.replica, "/", "-"), Version: version,
		Addresses: ownAddresses(os.Getenv("POD_IP")), Log: d.log,
	})
	if err != nil {
		return err
	}
	d.live = d.declared.Live()
	// It goes on while the daemon stops: until the end the operator is told that it does.
	following, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.declared.Run(following)
	}()
	d.unfollow = func() { stop(); <-done }
	return nil
}

// awaitDeclared waits for the key ring and the first configuration: without one,
// mail for addresses that are not known yet would be refused for good.
func (d *daemon) awaitDeclared(ctx context.Context, sealing [store.KeySize]byte) (*links.Signer, error) {
	if d.declared == nil {
		return d.openSigner(ctx, sealing)
	}
	stop := d.answerMeanwhile()
	defer stop()
	signer, err := d.openSigner(ctx, sealing)
	if err != nil {
		return nil, err
	}
	select {
	case <-d.declared.Loaded():
		return signer, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// loading tells metrics how what is declared is served.
func (d *daemon) loading() (loaded time.Time, refused int) {
	told := d.live.Loading()
	if refused = len(told.Objects); told.Refused != "" {
		refused++
	}
	return told.At, refused
}

// phase tells the operator, health and systemd what this replica does.
func (d *daemon) phase(p wire.Phase) {
	d.ready.Store(p == wire.Serving)
	d.notify(p)
	if d.declared != nil {
		d.declared.Phase(p)
	}
}

// retryStore is when etcd is asked again at a start that cannot go on without it.
const retryStore = time.Second

// openSigner reads the key ring. Where the configuration is one that a start without
// etcd can begin with, the ring is too: it is kept on disk, sealed as it is.
func (d *daemon) openSigner(ctx context.Context, sealing [store.KeySize]byte) (*links.Signer, error) {
	s := d.settings
	file := filepath.Join(s.dir, "ring")
	keep := func(sealed []byte) error {
		if s.declared != declaredEtcd {
			return nil
		}
		return writeDurably(file, sealed)
	}
	for {
		signer, err := d.admitted(ctx, sealing, keep)
		if err == nil || s.declared != declaredEtcd || helpdesk.KindOf(err) != helpdesk.Unavailable || ctx.Err() != nil {
			return signer, d.because(ctx, err)
		}
		sealed, readErr := os.ReadFile(file)
		if readErr == nil {
			return unsealSigner(d.db, sealing, sealed, s.keyFile, time.Now)
		}
		d.log.WarnContext(ctx, "etcd does not answer, and this replica has never been served by it: waiting for etcd", "error", err)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(retryStore):
		}
	}
}

// admitted reads the key ring of data that this program may work on.
func (d *daemon) admitted(ctx context.Context, sealing [store.KeySize]byte, keep func(sealed []byte) error) (*links.Signer, error) {
	if err := d.db.Admit(ctx, version); err != nil {
		return nil, err
	}
	return openSigner(ctx, d.db, sealing, d.settings.keyFile, time.Now, keep)
}

// because adds to an error of a start without etcd why that is not reached.
func (d *daemon) because(ctx context.Context, err error) error {
	if d.db.inside != nil || helpdesk.KindOf(err) != helpdesk.Unavailable || ctx.Err() != nil {
		return err
	}
	if why := d.settings.etcd.Unreached(ctx); why != nil {
		return fmt.Errorf("%w: %w", err, why)
	}
	return err
}

// ownAddresses are the IP addresses of this machine, or that of its pod.
func ownAddresses(pod string) []string {
	if pod != "" {
		return []string{pod}
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil // then the operator cannot tell it from one that is silent
	}
	var all []string
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			all = append(all, n.IP.String())
		}
	}
	slices.Sort(all)
	return all
}

// secretSource reads secrets.
type secretSource interface {
	Secret(ctx context.Context, account string, ref helpdesk.SecretRef) ([]byte, error)
}

// secrets are those of the folder, and those that the operator has handed over.
func (d *daemon) secrets() secretSource {
	folder := secrets.Folder(d.settings.secrets)
	if d.declared == nil {
		return folder
	}
	return secrets.Declared{Open: d.declared.OpenSecret, Folder: folder}
}

// tellPoll tells the operator how the polling of a mailbox goes.
func (d *daemon) tellPoll(account, mailbox string, p *helpdesk.Poll) {
	if d.declared == nil {
		return
	}
	d.declared.Poll(account, mailbox, pollOf(p))
}

// pollOf says it in the words of the operator; nil as long as nothing is known.
func pollOf(p *helpdesk.Poll) *wire.Poll {
	if p == nil {
		return nil
	}
	switch step := imappoll.Step(p.Step); step {
	case imappoll.StepAuth:
		return &wire.Poll{State: wire.PollRefused, Message: cutWords(p.Words)}
	case imappoll.StepDNS, imappoll.StepTCP, imappoll.StepTLS, imappoll.StepSelect, imappoll.StepFetch:
		return &wire.Poll{State: wire.PollUnreachable, Message: cutWords(p.Step + ": " + p.Words)}
	case "":
		if p.Success.IsZero() {
			return nil
		}
	}
	return &wire.Poll{State: wire.PollConnected} // what fails besides is on our side
}

func cutWords(words string) string {
	if len(words) > wire.MaxError {
		words = strings.ToValidUTF8(words[:wire.MaxError], "")
	}
	return words
}
