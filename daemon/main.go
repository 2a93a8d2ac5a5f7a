// Command postern is an email-first support gateway: mail and portal requests
// become tickets, and answers go out by mail.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/posterndesk/postern/daemon/internal/store"
)

// command is one word after the program's name.
type command struct {
	name  string
	short string
	run   func(ctx context.Context, args []string, out, errs io.Writer) error
}

var commands = []command{
	{"dev", "everything on one machine, to try it out: sample help center, outgoing mail caught", runDev},
	{"serve", "the daemon", runServe},
	{"check", "read manifests and tell all problems, or ok", runCheck},
	{"doctor", "tell which DNS records to set, try mail servers and pages, and send a mail around", runDoctor},
	{"probe", "tell whether mail servers and pages answer", runProbe},
	{"inspect", "tell how mails are read", runInspect},
	{"explain", "tell what would become of a mail, and why, without doing it", runExplain},
	{"export", "write what is live as manifests", runExport},
	{"import", "make tickets of the mail of the past: mbox, Maildir, single files", runImport},
	{"ticket", "list, show, merge and split tickets of a running daemon, and tell who takes part", runTicket},
	{"center", "list help centers: what of each is live, and why what is hidden is hidden", runCenter},
	{"mailbox", "list mailboxes, and how the polling of each goes", runMailbox},
	{"held", "list, show and decide mail that was held back", runHeld},
	{"outbox", "list, show, retry and drop mail that waits to be sent or was given up", runOutbox},
	{"contact", "list, show, invite, block, merge, import, export, delete and erase contacts", runContact},
	{"agent", "list, add and change agents", runAgent},
	{"audit", "list who did what that not everybody may do", runAudit},
	{"verify", "check that the audit log is as it was written", runVerify},
	{"search", "tell how far the index of searches is, or throw it away and build it again", runSearch},
	{"version", "tell the version", runVersion},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// errSilent ends a command that has said all there is to say.
var errSilent = errors.New("")

// execute runs one command and returns the exit status: 0, 1 when it failed, 2
// when it was called wrongly.
func execute(ctx context.Context, args []string, out, errs io.Writer) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		usage(out)
		return 0
	}
	for _, c := range commands {
		if c.name != args[0] {
			continue
		}
		err := c.run(ctx, args[1:], out, errs)
		switch {
		case err == nil || errors.Is(err, flag.ErrHelp):
			return 0
		case errors.Is(err, errUsage):
			fmt.Fprintf(errs, "postern %s: %v\n", c.name, err)
			return 2
		case !errors.Is(err, errSilent):
			fmt.Fprintf(errs, "postern %s: %v\n", c.name, err)
		}
		return 1
	}
	fmt.Fprintf(errs, "postern: there is no command %q\n\n", args[0])
	usage(errs)
	return 2
}

func usage(w io.Writer) {
	fmt.Fprint(w, "Postern turns mail and portal requests into tickets.\n\nUsage: postern COMMAND [FLAGS]\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  %-8s %s\n", c.name, c.short)
	}
	fmt.Fprint(w, "\npostern COMMAND --help tells the flags of one.\n")
}

// errUsage marks a command that was called wrongly.
var errUsage = errors.New("see --help")

// newFlags makes a flag set that prints to errs and returns its errors.
func newFlags(name, args string, errs io.Writer) *flag.FlagSet {
	fs := flag.NewFlagSet("postern "+name, flag.ContinueOnError)
	fs.SetOutput(errs)
	fs.Usage = func() {
		fmt.Fprintf(errs, "Usage: postern %s %s\n\nFlags:\n", name, args)
		fs.VisitAll(func(f *flag.Flag) { fmt.Fprint(errs, flagHelp(f)) })
	}
	return fs
}

// flagHelp tells about a flag with two dashes, as the documents write them; the
// flag package prints one.
func flagHelp(f *flag.Flag) string {
	value, usage := flag.UnquoteUsage(f)
	dashes := "--"
	if len(f.Name) == 1 {
		dashes = "-"
	}
	name := strings.TrimRight(dashes+f.Name+" "+strings.ToUpper(value), " ")
	switch f.DefValue {
	case "", "false", "0", "0s":
	default:
		usage += " (default: " + f.DefValue + ")"
	}
	return "  " + name + "\n        " + usage + "\n"
}

// parse reads flags that may stand before and after the arguments, and returns
// the arguments.
func parse(fs *flag.FlagSet, args []string) ([]string, error) {
	var rest []string
	for {
		if err := parseQuietly(fs, args); err != nil {
			return nil, err
		}
		if fs.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, fs.Arg(0))
		args = fs.Args()[1:]
	}
}

// parseQuietly prints help only to who asks for it: below a mistake, which is
// returned, a screen of flags would hide it.
func parseQuietly(fs *flag.FlagSet, args []string) error {
	help, out := fs.Usage, fs.Output()
	fs.Usage = func() {}
	fs.SetOutput(io.Discard)
	err := fs.Parse(args)
	fs.Usage = help
	fs.SetOutput(out)
	switch {
	case errors.Is(err, flag.ErrHelp):
		help()
		return err
	case err != nil:
		return fmt.Errorf("%s: %w", twoDashes.Replace(err.Error()), errUsage)
	}
	return nil
}

// twoDashes is how flags are written here, in the words of the flag package.
var twoDashes = strings.NewReplacer("flag -", "flag --", "defined: -", "defined: --", "argument: -", "argument: --", " for -", " for --")

// version is set when a release is built.
var version = "dev"

func runVersion(_ context.Context, _ []string, out, _ io.Writer) error {
	fmt.Fprintf(out, "postern %s", version)
	if info, ok := debug.ReadBuildInfo(); ok {
		fmt.Fprintf(out, " (%s)", info.GoVersion)
	}
	fmt.Fprintf(out, ", data of version %d\n", store.Schema)
	return nil
}
