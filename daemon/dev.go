package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/inbound"
	"github.com/posterndesk/postern/daemon/internal/live"
	"github.com/posterndesk/postern/examples"
)

// The agent that dev makes.
const (
	sampleAgentName    = "Robin Sample"
	sampleAgentAddress = "robin@acme.example"
)

// runDev starts everything on one machine, ready to be tried.
func runDev(ctx context.Context, args []string, out, errs io.Writer) error {
	s := &settings{dev: true, hostname: "postern.localhost"}
	fs := newFlags("dev", "[FLAGS]", errs)
	s.commonFlags(fs, "127.0.0.1:2525", "127.0.0.1:8080", "127.0.0.1:9090")
	verbose := fs.Bool("verbose", false, "log everything, not only what went wrong")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("unexpected argument %q: %w", rest[0], errUsage)
	}
	if err := s.complete(); err != nil {
		return err
	}
	// Whoever is on this machine may speak for anybody: that is what dev is for,
	// and nothing else does so.
	s.relays = inbound.Relays{{Network: netip.MustParsePrefix("127.0.0.0/8")}, {Network: netip.MustParsePrefix("::1/128")}}
	s.hooks = append(s.hooks, netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"))
	s.issuers = append(s.issuers, netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"))
	if err := placeSamples(s.manifests); err != nil {
		return err
	}
	level := slog.LevelWarn
	if *verbose {
		level = slog.LevelInfo
	}
	log := slog.New(slog.NewTextHandler(errs, &slog.HandlerOptions{Level: level}))
	return run(ctx, s, log, func(d *daemon) error { return d.welcome(ctx, out) })
}

// placeSamples writes the sample manifests where there are none, to be changed
// at will.
func placeSamples(dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make folder for manifests: %w", err)
	}
	names, err := fs.Glob(examples.FS, "*.yaml")
	if err != nil {
		return fmt.Errorf("read samples: %w", err)
	}
	for _, name := range names {
		sample, err := examples.FS.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read samples: %w", err)
		}
		if err := writeDurably(filepath.Join(dir, name), sample); err != nil {
			return fmt.Errorf("write sample manifest: %w", err)
		}
	}
	return nil
}

// liveOptions: in dev, help centers answer on this machine and all mail goes to
// the catcher.
func (d *daemon) liveOptions() live.Options {
	if !d.settings.dev {
		return live.Options{Relay: d.settings.relay}
	}
	port := d.listen.http.Addr().(*net.TCPAddr).Port
	catcher := d.listen.catcher.Addr().(*net.TCPAddr)
	return live.Options{
		BaseURL: func(h config.HelpCenter, first bool) string {
			if first {
				return fmt.Sprintf("http://localhost:%d", port)
			}
			return fmt.Sprintf("http://%s.localhost:%d", h.Metadata.Name, port)
		},
		Relay:    helpdesk.Relay{Host: catcher.IP.String(), Port: catcher.Port, TLS: helpdesk.TLSNone},
		RelayAll: true,
	}
}

// welcome makes the sample agent and tells how to begin.
func (d *daemon) welcome(ctx context.Context, out io.Writer) error {
	password, err := d.sampleAgent(ctx)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Postern is running. Its state is in %s\n\n", d.settings.dir)
	for _, h := range d.live.HelpCenters() {
		fmt.Fprintf(&b, "  Help center  %-14s %s/\n", h.Name, h.BaseURL)
		for _, f := range h.Forms {
			fmt.Fprintf(&b, "  Ticket form  %-14s %s/submit/%s\n", f.Name, h.BaseURL, f.Name)
		}
	}
	boxes := d.live.Mailboxes()
	for _, m := range boxes {
		fmt.Fprintf(&b, "  Mailbox      %-14s %s\n", m.Name, m.Address)
	}
	if centers := d.live.HelpCenters(); len(centers) > 0 {
		base := centers[0].BaseURL
		fmt.Fprintf(&b, "\n  Outgoing mail is caught: %s/dev/mail\n  Every page, made up: %s/dev/pages\n  Every mail, made up: %s/dev/mails\n", base, base, base)
		fmt.Fprintf(&b, "  Agents: %s/agent\n    address:  %s\n    password: %s\n", base, sampleAgentAddress, password)
	}
	fmt.Fprintf(&b, "  SMTP: %s   Health and metrics: http://%s/readyz\n", d.listen.smtp.Addr(), d.listen.admin.Addr())
	if len(boxes) > 0 {
		fmt.Fprintf(&b, "\nSend a first mail:\n\n  %s\n", curlLine(d.listen.smtp.Addr(), boxes[0].Address))
	}
	fmt.Fprintf(&b, "\nThen see it with\n\n  %s ticket list%s\n\nCtrl-C stops it; what it knows stays.\n", os.Args[0], d.dirFlag())
	_, err = io.WriteString(out, b.String())
	return err
}

func curlLine(smtp net.Addr, to helpdesk.Address) string {
	return fmt.Sprintf("curl smtp://%s --mail-from alice@customer.example --mail-rcpt %s -H 'From: Alice <alice@customer.example>' "+
		"-H 'To: %s' -H 'Subject: Where is my order?' -H \"Message-ID: <$(date +%%s%%N)@customer.example>\" -F '=Hello, my order has not arrived yet.'", smtp, to, to)
}

func (d *daemon) dirFlag() string {
	if dir, err := filepath.Abs(defaultDir()); err == nil && dir == d.settings.dir {
		return ""
	}
	return " --dir " + d.settings.dir
}

// sampleAgent makes the sample agent at the first start. Its password is made
// up then, and kept beside the state that it opens.
func (d *daemon) sampleAgent(ctx context.Context) (password string, err error) {
	file := filepath.Join(d.settings.dir, "sample-agent-password")
	raw, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		raw = []byte(strings.ToLower(rand.Text()[:16]))
		err = writeDurably(file, raw)
	}
	if err != nil {
		return "", fmt.Errorf("keep password of sample agent: %w", err)
	}
	for _, account := range d.live.Accounts() {
		by := actions.Actor{Account: account, Operator: true}
		_, _, err := d.desk.AddAgent(ctx, by, actions.NewAgent{Name: sampleAgentName, Address: sampleAgentAddress, Password: string(raw)})
		if err != nil && helpdesk.KindOf(err) != helpdesk.Conflict { // there since the first start
			return "", err
		}
	}
	return string(raw), nil
}
