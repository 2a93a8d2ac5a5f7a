// Package live holds the declared configuration as it is served now: loaded
// from files or from etcd, checked, resolved, and swapped as a whole. What can't
// be loaded changes nothing: the last good one stays.
package live

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Options say what the declared configuration does not.
type Options struct {
	// BaseURL gives the scheme and host of a help center's links; first tells the
	// first one that is served. Nil: https at the declared host.
	BaseURL func(h config.HelpCenter, first bool) string
	// Relay takes the mail of mailboxes that declare none.
	Relay helpdesk.Relay
	// RelayAll sends everything to Relay, whatever is declared, and unsigned.
	RelayAll bool
	// Settled is the file that keeps which sign-up holds over a start, of what is
	// declared in files. "": nothing does.
	Settled string
}

// Live is safe for concurrent use.
type Live struct {
	options Options
	log     *slog.Logger
	source  string // where it comes from, for people
	now     atomic.Pointer[snapshot]
	refused atomic.Pointer[string] // why the folder as it is now is not served; nil if it is
	seen    string                 // fingerprint of the folder that was loaded; Load's, then Watch's
	settled settled                // so as well
}

// Load reads and checks the manifests in dir; the error tells all problems.
func Load(dir string, options Options, log *slog.Logger) (*Live, error) {
	// Taken before reading: what changes meanwhile is seen as a change by Watch.
	l := &Live{options: options, log: log, source: "files in " + dir, seen: fingerprint(dir), settled: settled{path: options.Settled}}
	last, err := l.settled.read()
	if err != nil {
		return nil, err
	}
	if err := l.load(dir, last); err != nil {
		return nil, err
	}
	return l, nil
}

// Parse is Load for manifests that are no files.
func Parse(manifests []byte, options Options, log *slog.Logger) (*Live, error) {
	l := &Live{options: options, log: log, source: "manifests"}
	set, problems := config.Parse("manifests", manifests)
	s, err := l.check(set, problems, config.Established{})
	if err != nil {
		return nil, err
	}
	l.now.Store(s)
	return l, nil
}

func (l *Live) load(dir string, settled config.Established) error {
	set, problems := config.LoadFiles(dir) // with defaults
	next, err := l.check(set, problems, settled)
	if err != nil {
		return err
	}
	if err := l.settled.keep(next.settled); err != nil {
		l.log.Error("which sign-up holds could not be kept on disk: after a start what is declared then decides", "file", l.settled.path, "error", err)
	}
	l.now.Store(next)
	return nil
}

// check builds what may be served.
func (l *Live) check(set *config.Set, problems config.Problems, settled config.Established) (*snapshot, error) {
	set.Established = settled
	if err := append(problems, set.Validate()...).Err(); err != nil {
		return nil, err
	}
	s, err := l.build(config.Resolve(set))
	if err == nil {
		s.set = *set
	}
	return s, err
}

// pollEvery is how often the folder is looked at. Not all file systems that
// folders are mounted from tell of changes.
const pollEvery = 2 * time.Second

// Watch loads the folder again when it differs from what was loaded, until ctx
// ends. It must run only once at a time.
func (l *Live) Watch(ctx context.Context, dir string) {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		current := fingerprint(dir)
		if current == l.seen {
			continue
		}
		l.seen = current
		if err := l.load(dir, l.now.Load().settled); err != nil {
			said := err.Error()
			l.refused.Store(&said)
			l.log.ErrorContext(ctx, "configuration refused, the last good one stays", "dir", dir, "error", err)
			continue
		}
		l.refused.Store(nil)
		l.log.InfoContext(ctx, "configuration loaded", "dir", dir, "helpCenters", len(l.HelpCenters()), "mailboxes", len(l.Mailboxes()))
	}
}

// fingerprint changes when a file of the folder does.
func fingerprint(dir string) string {
	var b strings.Builder
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "unreadable"
	}
	for _, e := range entries {
		info, err := fs.Stat(os.DirFS(dir), e.Name()) // follows the links of mounted ConfigMaps
		if err == nil {
			fmt.Fprintf(&b, "%s %d %d\n", e.Name(), info.Size(), info.ModTime().UnixNano())
		}
	}
	return b.String()
}

// Accounts lists the accounts that anything is declared for.
func (l *Live) Accounts() []string { return slices.Clone(l.now.Load().accounts) }

// HelpCenters lists what is served.
func (l *Live) HelpCenters() []helpdesk.HelpCenter { return slices.Clone(l.now.Load().centers) }

// Mailboxes lists what takes mail.
func (l *Live) Mailboxes() []helpdesk.Mailbox { return slices.Clone(l.now.Load().boxes) }

// LargestMail is the size of the largest mail that some mailbox takes; 0 if there
// is none.
func (l *Live) LargestMail() int64 {
	var most int64
	for _, box := range l.now.Load().boxes {
		most = max(most, box.MaxBytes)
	}
	return most
}

// MailboxByAddress finds the mailbox of an address.
func (l *Live) MailboxByAddress(a helpdesk.Address) (helpdesk.Mailbox, bool) {
	return l.now.Load().MailboxByAddress(a)
}

// MailboxOfDomain finds the oldest mailbox at the domain of an address.
func (l *Live) MailboxOfDomain(of helpdesk.Address) (helpdesk.Mailbox, bool) {
	return l.now.Load().MailboxOfDomain(of)
}

// IsAlias reports an address that forwards to a mailbox of the account.
func (l *Live) IsAlias(account string, a helpdesk.Address) bool {
	return l.now.Load().IsAlias(account, a)
}

// Mailbox finds a mailbox by name.
func (l *Live) Mailbox(account, name string) (helpdesk.Mailbox, bool) {
	return l.now.Load().Mailbox(account, name)
}

// HelpCenter finds a help center by name.
func (l *Live) HelpCenter(account, name string) (helpdesk.HelpCenter, bool) {
	return l.now.Load().HelpCenter(account, name)
}

// HelpCenterByHost finds a help center by the Host of a request.
func (l *Live) HelpCenterByHost(host string) (helpdesk.HelpCenter, bool) {
	name := config.HostKey(host)
	s := l.now.Load()
	for i := range s.centers {
		if s.hosts[i] == name {
			return s.centers[i], true
		}
	}
	return helpdesk.HelpCenter{}, false
}

// find copies, so that nobody can change what is served.
func find[T any](all []T, is func(*T) bool) (T, bool) {
	for i := range all {
		if is(&all[i]) {
			return all[i], true
		}
	}
	var none T
	return none, false
}
