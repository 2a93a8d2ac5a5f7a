// Command postern-operator will reconcile HelpCenter, TicketForm and Mailbox
// resources into the daemon's live configuration. See --help for what it does
// so far.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

// version is set when a release is built.
var version = "dev"

const help = `postern-operator reconciles HelpCenter, TicketForm and Mailbox resources of
Kubernetes into the live configuration of the daemon.

This version does not do that yet: it tells its version and ends. Until it
does, give the same manifests to the daemon as files: postern serve --manifests.

Usage: postern-operator --version | --help
`

func main() { os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr)) }

func execute(args []string, out, errs io.Writer) int {
	fs := flag.NewFlagSet("postern-operator", flag.ContinueOnError)
	fs.SetOutput(errs)
	fs.Usage = func() { fmt.Fprint(errs, help) }
	showVersion := fs.Bool("version", false, "tell the version")
	if err := fs.Parse(args); err == flag.ErrHelp {
		return 0
	} else if err != nil {
		return 2
	}
	if *showVersion {
		fmt.Fprintln(out, "postern-operator", version)
		return 0
	}
	fmt.Fprintln(errs, "postern-operator: reconciling is not part of this version; see --help")
	return 1
}
