package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/admin"
	"github.com/posterndesk/postern/daemon/internal/doctor"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/live"
	"github.com/posterndesk/postern/daemon/internal/login"
	"github.com/posterndesk/postern/daemon/internal/outbound"
	"github.com/posterndesk/postern/daemon/internal/secrets"
)

// consultation is one call of a doctor.
type consultation struct {
	settings settings
	doctor   doctor.Doctor
	prober   doctor.Prober // nil without a daemon
	centers  []doctor.Center
	boxes    []helpdesk.Mailbox
	json     bool
	send     bool
	wait     time.Duration
	out      io.Writer
	errs     io.Writer
}

// runDoctor looks at an installation from outside. The exit status is 1 when
// something has to be done.
func runDoctor(ctx context.Context, args []string, out, errs io.Writer) error {
	c := &consultation{out: out, errs: errs}
	s := &c.settings
	fs := newFlags("doctor", "[HOST|ADDRESS…] [FLAGS]", errs)
	c.flags(fs)
	user := fs.String("relay-user", "", "without a daemon: "+relayUserHelp)
	only, err := parse(fs, args)
	if err != nil {
		return err
	}
	if err := s.setRelayUser(*user); err != nil {
		return err
	}
	if c.send && s.manifests != "" {
		return fmt.Errorf("--send needs a running daemon, so it does not go with --manifests: %w", errUsage)
	}
	filesAlone := s.manifests != ""
	if err := s.locate(); err != nil {
		return err
	}
	if err := c.admit(ctx, filesAlone); err != nil {
		return err
	}
	if err := c.narrow(only); err != nil {
		return err
	}
	return c.examine(ctx)
}

func (c *consultation) flags(fs *flag.FlagSet) {
	s := &c.settings
	fs.StringVar(&s.dir, "dir", defaultDir(), dirHelp+" of the running daemon; it tells the rest")
	fs.BoolVar(&c.json, "json", false, "print JSON")
	fs.BoolVar(&c.send, "send", false, "let each mailbox send a mail to itself, and follow it until the link in it has opened")
	fs.DurationVar(&c.wait, "wait", 2*time.Minute, "`time` to wait for the mail of --send")
	fs.StringVar(&c.doctor.At, "at", "", "`address` (HOST:PORT) at which help centers are visited, in place of where DNS leads: to look before it does")
	fs.StringVar(&s.dns, "dns", "", "`address` (IP:PORT) of the DNS server to ask (default: the daemon's, or those of the system)")
	fs.StringVar(&s.manifests, "manifests", "", "`folder` with manifests to look at in place of what the daemon serves (default without a daemon: DIR/manifests)")
	fs.StringVar(&s.secrets, "secrets", "", "without a daemon: `folder` with what they name as secrets (default: DIR/secrets)")
	fs.StringVar(&s.hostname, "hostname", "", "without a daemon: `name` of the mail server (default: the host name)")
	fs.Func("relay", "without a daemon: `host:port` that takes outgoing mail of mailboxes that declare no relay", s.setRelay)
}

// admit finds out what there is to look at: what the daemon serves, or where none
// runs what the manifests say.
func (c *consultation) admit(ctx context.Context, filesAlone bool) error {
	if filesAlone {
		return c.declared()
	}
	daemon := admin.Remote{Client: admin.NewClient(c.settings.dir)}
	about, err := daemon.About(ctx)
	if errors.Is(err, admin.ErrNotRunning) && !c.send {
		fmt.Fprintf(c.errs, "No postern runs on %s. This is about the manifests in %s.\n\n", c.settings.dir, c.settings.manifests)
		return c.declared()
	}
	if err != nil {
		return err
	}
	c.centers, c.boxes, c.prober = about.HelpCenters, about.Mailboxes, daemon
	c.settings.hostname, c.settings.secrets, c.doctor.SMTP = about.Hostname, about.Secrets, about.SMTP
	if c.settings.dns == "" {
		c.settings.dns = about.DNS
	}
	c.ready(daemon)
	return nil
}

// declared reads manifests that no daemon serves, or not yet.
func (c *consultation) declared() error {
	s := &c.settings
	if _, err := readManifests(c.out, s.manifests); err != nil {
		return err
	}
	l, err := live.Load(s.manifests, live.Options{Relay: s.relay}, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	c.centers, c.boxes = centersOf(l.HelpCenters()), l.Mailboxes()
	logins := login.New(secrets.Folder(s.secrets), nil, time.Now)
	h := hands{boxes: map[string]helpdesk.Mailbox{}, courier: &outbound.SMTPCourier{Helo: s.hostname, Now: time.Now, Logins: logins}, logins: logins}
	for _, b := range c.boxes {
		h.boxes[b.Account+"/"+b.Name] = b
	}
	c.ready(h)
	return nil
}

func (c *consultation) ready(h doctor.Hands) {
	d := &c.doctor
	d.Hostname, d.Hands, d.Now = c.settings.hostname, h, time.Now
	d.Resolver, d.Reserved = c.settings.resolver(), c.settings.dns != ""
	d.Keys = outbound.NewKeys(secrets.Folder(c.settings.secrets), time.Now).Records
}

// narrow keeps the hosts and addresses that were named; none keeps all.
func (c *consultation) narrow(only []string) error {
	if len(only) == 0 {
		return nil
	}
	known := map[string]bool{}
	isNamed := func(name string) bool {
		i := slices.IndexFunc(only, func(o string) bool { return strings.EqualFold(o, name) })
		if i >= 0 {
			known[only[i]] = true
		}
		return i >= 0
	}
	c.centers = slices.DeleteFunc(c.centers, func(h doctor.Center) bool {
		_, host, _ := strings.Cut(h.BaseURL, "://")
		return !isNamed(host)
	})
	c.boxes = slices.DeleteFunc(c.boxes, func(b helpdesk.Mailbox) bool { return !isNamed(b.Address.String()) })
	for _, o := range only {
		if !known[o] {
			return fmt.Errorf("%q is no host of a help center and no address of a mailbox here: %w", o, errUsage)
		}
	}
	return nil
}

func (c *consultation) examine(ctx context.Context) error {
	report := c.doctor.Examine(ctx, c.centers, c.boxes)
	if !c.json {
		report.Print(c.out)
	}
	if c.send {
		for _, b := range c.boxes {
			report.Chapters = append(report.Chapters, c.roundTrip(ctx, b))
		}
	}
	if c.json {
		q := question{json: true, out: c.out}
		if err := q.print(report, nil); err != nil {
			return err
		}
	} else {
		report.Sum(c.out)
	}
	if !report.Healthy() {
		return errSilent
	}
	return nil
}

// roundTrip tells of each step when it is over: some take minutes.
func (c *consultation) roundTrip(ctx context.Context, b helpdesk.Mailbox) doctor.Chapter {
	told := func(f doctor.Finding) { f.Print(c.out) }
	if c.json {
		told = func(doctor.Finding) {}
	} else {
		head := doctor.Chapter{Kind: "RoundTrip", Account: b.Account, Name: b.Name, Title: b.Address.String()}
		head.Head(c.out)
		defer fmt.Fprintln(c.out)
	}
	return c.doctor.RoundTrip(ctx, c.prober, b, c.wait, told)
}
